/** The parts that the store holds, asked of the store: where a client resumes. */

import type { ListedPart } from '../upload/parts.ts'
import { requireUpload } from './find-upload.ts'
import { loseAssembly } from './lost-assembly.ts'
import { noteArrival, type NoteDeps } from './note-arrival.ts'
import { requireOpenParts } from './open-parts.ts'
import { notPending } from './renew-slot.ts'

export async function listParts(deps: NoteDeps, tenant: string, id: string): Promise<ListedPart[]> {
  const { upload } = await requireOpenParts(deps, tenant, id)
  if (upload.assembly === null) return []
  const location = { bucket: upload.bucket, key: upload.stagingKey }
  const listed = await deps.bucket.listParts(location, upload.assembly)
  if (listed) return listed

  // Made whole, and nobody has heard of it yet; or ended behind our back.
  const noted = await noteArrival(deps, upload, 'complete')
  const left = noted === 'absent' ? await loseAssembly(deps, upload) : noted
  if (left !== 'absent') throw notPending((await requireUpload(deps, tenant, id)).state)
  return []
}
