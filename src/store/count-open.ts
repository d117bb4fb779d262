/** How much is under way, and for how long: by the index of what is due, so that what is over costs nothing. */

import type { UploadState } from '../upload/upload.ts'
import type { Store } from './store.ts'

export type OpenUploads = { count: number; oldestSeconds: number; overdue: number }
export type WaitingEvents = { count: number; oldestSeconds: number }

/** @param overdueBefore the next step of these was due before then. */
export async function countOpenUploads(
  { db }: Store,
  state: UploadState,
  { now, overdueBefore }: { now: Date; overdueBefore: Date },
): Promise<OpenUploads> {
  const open = db.selectFrom('uploads').where('state', '=', state).where('due_at', 'is not', null)
  const all = await open
    .select(({ fn }) => [
      fn.countAll<string | number>().as('count'),
      fn.min('updated_at').as('oldest'),
    ])
    .executeTakeFirstOrThrow()
  const late = await open
    .select(({ fn }) => fn.countAll<string | number>().as('count'))
    .where('due_at', '<', overdueBefore.getTime())
    .executeTakeFirstOrThrow()
  return {
    count: Number(all.count),
    oldestSeconds: secondsSince(all.oldest, now),
    overdue: Number(late.count),
  }
}

export async function countNewEvents({ db }: Store, now: Date): Promise<WaitingEvents> {
  const { count, oldest } = await db
    .selectFrom('inbox')
    .select(({ fn }) => [
      fn.countAll<string | number>().as('count'),
      fn.min('received_at').as('oldest'),
    ])
    .where('state', '=', 'new')
    .executeTakeFirstOrThrow()
  return { count: Number(count), oldestSeconds: secondsSince(oldest, now) }
}

/** No row, no age. */
const secondsSince = (oldest: number | null, now: Date): number =>
  oldest === null ? 0 : Math.max(0, (now.getTime() - oldest) / 1000)
