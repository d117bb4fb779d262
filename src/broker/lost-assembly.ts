/** A multipart upload that the store knows no more, with no object in its place. */

import { storageUnavailable } from '../problems.ts'
import { forgetAssembly } from '../store/assemblies.ts'
import { findById } from '../store/uploads.ts'
import { isCompleting } from '../upload/completion.ts'
import type { Upload } from '../upload/upload.ts'
import type { NoteDeps } from './note-arrival.ts'

/**
 * Ended behind our back, so the parts have to be sent again: it is forgotten. Throws
 * `storage-unavailable` while it may yet become the object.
 */
export async function loseAssembly(
  { store, now }: NoteDeps,
  { id }: Upload,
): Promise<'absent' | 'not-pending'> {
  const upload = await findById(store, id)
  if (upload?.state !== 'pending') return 'not-pending'
  if (isCompleting(upload.completingSince, upload.declared.size, now())) {
    throw storageUnavailable(new Error('a completion is under way'))
  }
  await forgetAssembly(store, upload)
  return 'absent'
}
