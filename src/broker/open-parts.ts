/** An upload of the caller's that is still taking parts, or the problem that says why not. */

import { notInParts } from '../problems.ts'
import type { PartPlan } from '../upload/parts.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'
import { notPending } from './renew-slot.ts'

export type OpenParts = { upload: Upload; plan: PartPlan }

export async function requireOpenParts(
  deps: Pick<Deps, 'store'>,
  tenant: string,
  id: string,
): Promise<OpenParts> {
  const upload = await requireUpload(deps, tenant, id)
  if (upload.parts === null) throw notInParts()
  if (upload.state !== 'pending') throw notPending(upload.state)
  return { upload, plan: upload.parts }
}
