/** When each pending upload is looked at next. */

import type { SelectQueryBuilder } from 'kysely'
import type { Upload } from '../upload/upload.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

type Due = SelectQueryBuilder<Schema, 'uploads', object>

/** The longest overdue first; without those whose parts are to be gathered. */
export const listLooksDue = (store: Store, now: Date, limit: number): Promise<Upload[]> =>
  listPending(store, now, limit, (due) =>
    due.where((row) =>
      row.or([row('part_count', 'is', null), row('slot_expires_at', '>', now.getTime())]),
    ),
  )

/** In parts, and nobody may send another one: whether all are there is not for the client to say any more. */
export const listGatheringsDue = (store: Store, now: Date, limit: number): Promise<Upload[]> =>
  listPending(store, now, limit, (due) =>
    due.where('part_count', 'is not', null).where('slot_expires_at', '<=', now.getTime()),
  )

async function listPending(
  { db }: Store,
  now: Date,
  limit: number,
  those: (due: Due) => Due,
): Promise<Upload[]> {
  const due = db
    .selectFrom('uploads')
    .where('state', '=', 'pending')
    .where('due_at', '<=', now.getTime())
  const rows = await those(due).selectAll().orderBy('due_at').limit(limit).execute()
  return rows.map(toUpload)
}

/** Moves the next look at a pending upload; no transition, no version. */
export async function scheduleLook(store: Store, upload: Upload, dueAt: Date): Promise<void> {
  await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ due_at: dueAt.getTime() })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('version', '=', upload.version)
        .where('land_by', '=', upload.landBy.getTime())
        .execute(),
    upload.id,
  )
}

/** False when another node has taken it, or there is nothing to look for any more. */
export async function takeLook(store: Store, upload: Upload, until: Date): Promise<boolean> {
  const { numUpdatedRows } = await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ due_at: until.getTime() })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('version', '=', upload.version)
        .where('due_at', '=', upload.dueAt?.getTime() ?? null)
        .executeTakeFirstOrThrow(),
    upload.id,
  )
  return numUpdatedRows > 0n
}
