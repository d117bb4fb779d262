/** The client's hint "I am done": Berth looks now. */

import { illegalState, objectNotFoundYet, uploadExpired } from '../problems.ts'
import type { Upload } from '../upload/upload.ts'
import { requireUpload } from './find-upload.ts'
import { noteArrival, type NoteDeps } from './note-arrival.ts'

export async function completeUpload(deps: NoteDeps, tenant: string, id: string): Promise<Upload> {
  const upload = await requireUpload(deps, tenant, id)
  if (upload.state === 'expired') throw uploadExpired()
  if (upload.state === 'canceled' || upload.state === 'deleted') {
    throw illegalState(upload.state, 'an upload that was not withdrawn')
  }
  if ((await noteArrival(deps, upload, 'complete')) === 'absent') throw objectNotFoundYet()
  return requireUpload(deps, tenant, id)
}
