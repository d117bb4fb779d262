/** An operator reopens an upload that the infrastructure gave up on. */

import { illegalState, notFound } from '../problems.ts'
import { recordReopened } from '../store/transitions.ts'
import { findById } from '../store/uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export async function retryFailed(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  id: string,
): Promise<Upload> {
  const upload = await findById(store, id)
  if (!upload) throw notFound()
  const reopened =
    upload.state === 'failed' &&
    (await recordReopened(store, upload, { at: now(), cause: 'operator' }))
  if (!reopened) throw illegalState(upload.state, 'a failed upload')
  return reopened
}
