/** What a bucket really enforces: each promise of a slot is broken on purpose, and the answer noted. */

import { storageUnavailable } from '../problems.ts'
import type { Enforcer, Guarantees } from '../upload/guarantees.ts'
import { tryPromises, type Attempt, type Probing, type Tried } from './breaches.ts'
import type { Bucket } from './bucket.ts'

/** After this no PUT of a probe is begun any more, and one under way is cut off. */
export const LONGEST_PROBE_SECONDS = 30

/** Null when even the right PUT is not accepted: then nothing can be said. Leaves nothing behind. */
export async function probeBucket(bucket: Bucket, probing: Probing): Promise<Guarantees | null> {
  try {
    const deadline = AbortSignal.timeout(LONGEST_PROBE_SECONDS * 1000)
    const tried = await tryPromises(bucket, probing, deadline)
    assertAnswered(tried)
    return guaranteesOf(tried)
  } finally {
    await clearFolder(bucket, probing)
  }
}

export async function clearFolder(bucket: Bucket, { bucket: name, folder }: Probing) {
  for await (const { key } of bucket.list(name, folder)) await bucket.remove({ bucket: name, key })
}

/** A promise counts only if every breach of it was refused. */
export function guaranteesOf({ right, ...tried }: Tried): Guarantees | null {
  if (right.status !== 200) return null
  return {
    size: enforcer(tried.size),
    contentType: enforcer(tried.contentType),
    sha256: enforcer(tried.sha256),
    singleUse: enforcer(tried.singleUse),
  }
}

const enforcer = (attempts: Attempt[]): Enforcer =>
  attempts.every(({ isRefused }) => isRefused) ? 'storage' : 'verification'

/** A silent network is no statement about the store: the probe is repeated later. */
function assertAnswered({ right, size, contentType, sha256, singleUse }: Tried): void {
  const attempts = [...size, ...contentType, ...sha256, ...singleUse]
  const silent = [right, ...attempts.map(({ answer }) => answer)].find(({ status }) => status === 0)
  if (silent) throw storageUnavailable(new Error(`the store did not answer: ${silent.code}`))
}
