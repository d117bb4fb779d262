/** A multipart upload that the store knows no more, with no object in its place. */

import { storageUnavailable } from '../problems.ts'
import { forgetAssembly } from '../store/assemblies.ts'
import { findById } from '../store/uploads.ts'
import { isCompleting } from '../upload/completion.ts'
import type { Upload } from '../upload/upload.ts'
import type { NoteDeps } from './note-arrival.ts'

/** The store is making one object of the parts, for somebody else or for an earlier call. */
class UnderWay extends Error {}

export const isUnderWay = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof UnderWay

type LostDeps = Pick<NoteDeps, 'store' | 'now'>

/**
 * Ended behind our back, so the parts have to be sent again: it is forgotten. Throws
 * `storage-unavailable` while it may yet become the object.
 */
export async function loseAssembly(
  deps: LostDeps,
  { id }: Upload,
): Promise<'absent' | 'not-pending'> {
  const upload = await findById(deps.store, id)
  if (upload?.state !== 'pending') return 'not-pending'
  refuseIfCompleting(upload, deps.now())
  await forgetAssembly(deps.store, upload)
  return 'absent'
}

/** What is missing may be on its way into the object: throws `storage-unavailable` as long as it may. */
export async function assertNotCompleting({ store, now }: LostDeps, { id }: Upload): Promise<void> {
  const upload = await findById(store, id)
  if (upload) refuseIfCompleting(upload, now())
}

function refuseIfCompleting({ completingSince, declared }: Upload, now: Date): void {
  if (!isCompleting(completingSince, declared.size, now)) return
  throw storageUnavailable(new UnderWay('a completion is under way'))
}
