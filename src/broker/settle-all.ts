/** Every piece of a batch ends before the batch does, so that a job never overlaps its own leftovers. */

/** Rejects with the first failure, once all have ended. */
export async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failure = results.find((result) => result.status === 'rejected')
  if (failure) throw failure.reason
}
