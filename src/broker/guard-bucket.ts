/** The bucket behind a circuit: while the store is away, its calls fail at once and cost nothing. */

import type { Bucket } from '../bucket/bucket.ts'
import { isOutage } from '../bucket/errors.ts'
import { storageUnavailable } from '../problems.ts'
import type { Circuit } from './circuit.ts'

/** Signing is local and passes freely; so does `check`, by which the circuit itself finds out. */
export function guardBucket(bucket: Bucket, circuit: Circuit): Bucket {
  async function pass(): Promise<void> {
    if (!(await circuit.passes())) throw storageUnavailable(new Error('the circuit is open'))
  }
  async function guarded<Result>(
    call: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    await pass()
    try {
      const result = await call()
      circuit.succeeded()
      return result
    } catch (error) {
      // What the caller broke off itself says nothing about the store.
      if (isOutage(error) && !signal?.aborted) circuit.failed()
      throw error
    }
  }
  /** A completion may take longer than anybody waits, and one bucket may refuse lists: no outage, either. */
  async function uncounted<Result>(call: () => Promise<Result>): Promise<Result> {
    await pass()
    return call()
  }
  return {
    ...bucket,
    head: (location) => guarded(() => bucket.head(location)),
    claim: (from, toKey, as, signal) =>
      guarded(() => bucket.claim(from, toKey, as, signal), signal),
    read: (location, signal) => guarded(() => bucket.read(location, signal), signal),
    remove: (location) => guarded(() => bucket.remove(location)),
    discard: (location, size) => guarded(() => bucket.discard(location, size)),
    beginAssembly: (location, type) => guarded(() => bucket.beginAssembly(location, type)),
    listParts: (location, assembly) => uncounted(() => bucket.listParts(location, assembly)),
    completeAssembly: (location, completion) =>
      uncounted(() => bucket.completeAssembly(location, completion)),
    abortAssemblies: (location) => uncounted(() => bucket.abortAssemblies(location)),
  }
}
