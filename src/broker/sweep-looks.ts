/** Pending uploads whose look is due: found, looked at again later, or expired. Needs no event. */

import { recordEnded } from '../store/transitions.ts'
import { listLooksDue, scheduleLook } from '../store/looks.ts'
import { addSeconds } from '../upload/policy.ts'
import { nextLookAt } from '../upload/schedule.ts'
import type { Upload } from '../upload/upload.ts'
import { noteArrival, type Noted, type NoteDeps } from './note-arrival.ts'
import { settleAll } from './settle-all.ts'

/** So that those whose bucket fails do not stand in front of all others. */
const AFTER_A_FAULT_SECONDS = 5

/** @param budget the most HEADs of one run. @returns how many were looked at. */
export async function sweepLooks(deps: NoteDeps, budget: number): Promise<number> {
  const due = await listLooksDue(deps.store, deps.now(), budget)
  await settleAll(due.map((upload) => look(deps, upload)))
  return due.length
}

async function look(deps: NoteDeps, upload: Upload): Promise<void> {
  // Taken before the HEAD: an object that lands after `landBy` must not be waited for.
  const now = deps.now()
  try {
    await lookedAt(deps, upload, await noteArrival(deps, upload, 'sweep'), now)
  } catch (error) {
    await scheduleLook(deps.store, upload, addSeconds(now, AFTER_A_FAULT_SECONDS))
    throw error
  }
}

/** @param since when the look began. */
export async function lookedAt(
  deps: NoteDeps,
  upload: Upload,
  noted: Noted,
  since: Date,
): Promise<void> {
  if (noted !== 'absent') return
  if (since < upload.landBy) return scheduleLook(deps.store, upload, nextLookAt(upload, since))
  await expire(deps, upload, 'nothing landed in time')
}

export async function expire(deps: NoteDeps, upload: Upload, detail: string): Promise<void> {
  const change = { at: deps.now(), cause: 'sweep', detail } as const
  const expired = await recordEnded(deps.store, upload, 'expired', change)
  if (expired) deps.log.info('upload.expired', { uploadId: upload.id })
}
