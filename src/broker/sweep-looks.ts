/** Pending uploads whose look is due: found, looked at again later, or expired. Needs no event. */

import { recordEnded } from '../store/transitions.ts'
import { listDue, scheduleLook } from '../store/uploads.ts'
import { nextLookAt } from '../upload/schedule.ts'
import type { Upload } from '../upload/upload.ts'
import { gatherParts } from './gather-parts.ts'
import { noteArrival, type NoteDeps } from './note-arrival.ts'
import { settleAll } from './settle-all.ts'

/** @param budget the most HEADs of one run. @returns how many were looked at. */
export async function sweepLooks(deps: NoteDeps, budget: number): Promise<number> {
  const due = await listDue(deps.store, 'pending', deps.now(), budget)
  await settleAll(due.map((upload) => look(deps, upload)))
  return due.length
}

async function look(deps: NoteDeps, upload: Upload): Promise<void> {
  // Taken before the HEAD: an object that lands after `landBy` must not be waited for.
  const now = deps.now()
  const isOver = now >= upload.landBy
  // While a part may still be sent, whether all are there is for the client to say.
  const look = now >= upload.slotExpiresAt ? gatherParts : noteArrival
  const noted = await look(deps, upload, 'sweep')
  if (noted !== 'absent' && typeof noted !== 'object') return
  if (!isOver) return scheduleLook(deps.store, upload, nextLookAt(upload, now))

  const detail = 'nothing landed in time'
  const expired = await recordEnded(deps.store, upload, 'expired', {
    at: now,
    cause: 'sweep',
    detail,
  })
  if (expired) deps.log.info('upload.expired', { uploadId: upload.id })
}
