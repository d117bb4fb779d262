/** The client's hint "I am done": Berth looks now. */

import { illegalState, objectNotFoundYet, partsIncomplete, uploadExpired } from '../problems.ts'
import type { PartsFault } from '../upload/parts.ts'
import type { Upload } from '../upload/upload.ts'
import { requireUpload } from './find-upload.ts'
import { gatherParts } from './gather-parts.ts'
import type { NoteDeps } from './note-arrival.ts'

export async function completeUpload(deps: NoteDeps, tenant: string, id: string): Promise<Upload> {
  const upload = await requireUpload(deps, tenant, id)
  if (upload.state === 'expired') throw uploadExpired()
  if (upload.state === 'canceled' || upload.state === 'deleted') {
    throw illegalState(upload.state, 'an upload that was not withdrawn')
  }
  const noted = await gatherParts(deps, upload, 'complete')
  if (typeof noted === 'object') throw notAllThere(noted, upload.parts?.count ?? 0)
  if (noted === 'absent') throw objectNotFoundYet()
  return requireUpload(deps, tenant, id)
}

const notAllThere = (fault: PartsFault, count: number) =>
  fault.missing.length === count ? objectNotFoundYet() : partsIncomplete(fault, count)
