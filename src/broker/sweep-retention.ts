/** What a profile no longer wants kept: first the object of a ready upload, then the records. */

import {
  listFinished,
  listReadySince,
  listSwept,
  removeRecord,
  type Finished,
} from '../store/retention.ts'
import { recordDeleted } from '../store/transitions.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { settleAll } from './settle-all.ts'

type SweepDeps = Pick<Deps, 'store' | 'profiles' | 'log' | 'now'>

/**
 * A record goes only once nothing is left in the bucket in its name, so that no object ever loses
 * the record that names it. @returns the largest batch of one kind.
 */
export async function sweepRetention(deps: SweepDeps, batch: number): Promise<number> {
  const now = deps.now()
  const handled = [await removeAll(deps, await listSwept(deps.store, now, batch))]
  for (const { name, retentionSeconds } of deps.profiles.values()) {
    if (retentionSeconds === null) continue
    const before = addSeconds(now, -retentionSeconds)
    handled.push(await deleteReady(deps, name, before, batch))
    handled.push(await removeAll(deps, await listFinished(deps.store, name, before, batch)))
  }
  return Math.max(...handled)
}

async function deleteReady(
  deps: SweepDeps,
  profile: string,
  before: Date,
  batch: number,
): Promise<number> {
  const over = await listReadySince(deps.store, profile, before, batch)
  await settleAll(over.map((upload) => deleteOne(deps, upload)))
  return over.length
}

async function deleteOne({ store, log, now }: SweepDeps, upload: Upload): Promise<void> {
  const detail = 'past the retention of its profile'
  const deleted = await recordDeleted(store, upload, { at: now(), cause: 'sweep', detail })
  if (deleted) log.info('upload.deleted', { uploadId: upload.id, cause: 'sweep' })
}

async function removeAll({ store, log }: SweepDeps, finished: Finished[]): Promise<number> {
  const removed = await Promise.all(finished.map((record) => removeRecord(store, record)))
  const count = removed.filter(Boolean).length
  if (count > 0) log.info('records.removed', { count })
  return finished.length
}
