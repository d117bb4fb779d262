/** A fresh slot for the same staging key, while nothing has arrived. */

import { illegalState, uploadExpired, type Problem } from '../problems.ts'
import { renewPending, type Renewal } from '../store/uploads.ts'
import { bytesPerPut } from '../upload/parts.ts'
import { addSeconds, landByFor } from '../upload/policy.ts'
import { nextLookAt } from '../upload/schedule.ts'
import type { Upload, UploadState } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'
import { signSlot, type IssuedSlot } from './issue-slot.ts'

type RenewDeps = Pick<Deps, 'store' | 'bucket' | 'limits' | 'now' | 'log'>

export async function renewSlot(deps: RenewDeps, tenant: string, id: string): Promise<IssuedSlot> {
  const upload = await requireUpload(deps, tenant, id)
  if (upload.state !== 'pending') throw notPending(upload.state)

  const slot = await signSlot(deps, upload)
  const renewed = await renewPending(deps.store, upload, renewalOf(deps, upload))
  if (!renewed) throw notPending((await requireUpload(deps, tenant, id)).state)

  deps.log.info('slot.renewed', { uploadId: id, tenant })
  return { upload: renewed, slot }
}

export function renewalOf({ limits, now }: Pick<Deps, 'limits' | 'now'>, upload: Upload): Renewal {
  const slotExpiresAt = addSeconds(now(), upload.slotTtlSeconds)
  const bytes = bytesPerPut(upload.parts, upload.declared.size)
  // Never earlier than before: a URL handed out earlier may still be in use.
  const landBy = latest(upload.landBy, landByFor(slotExpiresAt, bytes, limits))
  const { createdAt } = upload
  return { slotExpiresAt, landBy, dueAt: nextLookAt({ createdAt, slotExpiresAt, landBy }, now()) }
}

const latest = (a: Date, b: Date): Date => (a > b ? a : b)

export const notPending = (state: UploadState): Problem =>
  state === 'expired'
    ? uploadExpired()
    : illegalState(state, 'a pending upload; a slot is for an object that has not arrived')
