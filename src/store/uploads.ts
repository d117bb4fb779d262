/** The uploads table: insert, find, list. Changes of state are in transitions.ts. */

import { sql } from 'kysely'
import type { Upload, UploadState } from '../upload/upload.ts'
import type { Candidate, Quota } from './quotas.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

/** False, with nothing written, when the quota is used up. The row, its audit and its quota commit together. */
export async function insertPending(store: Store, upload: Upload, quota: Quota): Promise<boolean> {
  const candidate = await store.write((_trx, ledger) => {
    const fresh: Candidate = { upload, quota, isAdmitted: false }
    ledger.admit(fresh)
    return Promise.resolve(fresh)
  })
  return candidate.isAdmitted
}

/** For a caller: another tenant's upload is as absent as one that never was. */
export async function findUpload(store: Store, tenant: string, id: string): Promise<Upload | null> {
  const upload = await findById(store, id)
  return upload?.tenant === tenant ? upload : null
}

/** For Berth's own work, whoever the tenant is. */
export async function findById(store: Store, id: string): Promise<Upload | null> {
  const row = await store.db
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst()
  return row ? toUpload(row) : null
}

export type ListFilter = {
  state?: UploadState | undefined
  profile?: string | undefined
  /** Exclusive. */
  createdAfter?: Date | undefined
  /** Exclusive: the last id of the page before. */
  beforeId?: string | undefined
}

// Every id begins with `upl_`.
const BELOW_ALL_IDS = ''
const ABOVE_ALL_IDS = 'upm'

/**
 * Newest first; ids sort by age, so the key is the page's edge. The whole key of the index is
 * compared: by the id alone PostgreSQL may walk through every tenant's uploads to find one's own.
 */
export async function listUploads(
  store: Store,
  tenant: string,
  filter: ListFilter,
  limit: number,
): Promise<Upload[]> {
  const { state, profile, createdAfter, beforeId = ABOVE_ALL_IDS } = filter
  const narrowed = state === undefined ? { tenant, profile } : { tenant, state }
  const prefix = Object.entries(narrowed).filter(([, value]) => value !== undefined)
  const columns = [...prefix.map(([column]) => column), 'id']
  const key = sql`(${sql.join(columns.map((column) => sql.ref(column)))})`
  const edge = (id: string) => sql`(${sql.join([...prefix.map(([, value]) => value), id])})`
  const newestFirst = sql.join(columns.map((column) => sql`${sql.ref(column)} desc`))
  const rows = await store.db
    .selectFrom('uploads')
    .selectAll()
    .where(sql<boolean>`${key} >= ${edge(BELOW_ALL_IDS)}`)
    .where(sql<boolean>`${key} < ${edge(beforeId)}`)
    .$if(state !== undefined && profile !== undefined, (query) =>
      query.where('profile', '=', profile as string),
    )
    .$if(createdAfter !== undefined, (query) =>
      query.where('created_at', '>', (createdAfter as Date).getTime()),
    )
    .orderBy(newestFirst)
    .limit(limit)
    .execute()
  return rows.map(toUpload)
}

/**
 * Received uploads that are due: the first of every tenant, then the second of every tenant, and
 * so on, so that a tenant with a thousand waiting holds nobody else up.
 */
export async function listDueInTurns(store: Store, now: Date, limit: number): Promise<Upload[]> {
  const rows = await store.db
    .with('waiting', (db) =>
      db
        .selectFrom('uploads')
        .select(['id', 'due_at'])
        .select(({ fn }) =>
          fn
            .agg<number>('row_number')
            .over((over) => over.partitionBy('tenant').orderBy('due_at'))
            .as('turn'),
        )
        .where('state', '=', 'received')
        .where('due_at', '<=', now.getTime()),
    )
    .selectFrom('waiting')
    .innerJoin('uploads', 'uploads.id', 'waiting.id')
    .selectAll('uploads')
    .orderBy('waiting.turn')
    .orderBy('waiting.due_at')
    .limit(limit)
    .execute()
  return rows.map(toUpload)
}

export type Renewal = { slotExpiresAt: Date; landBy: Date; dueAt: Date }

/** Null when the upload is no longer pending. A renewal moves `landBy`; it is no transition. */
export async function renewPending(
  store: Store,
  upload: Upload,
  { slotExpiresAt, landBy, dueAt }: Renewal,
): Promise<Upload | null> {
  const row = await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({
          slot_expires_at: slotExpiresAt.getTime(),
          land_by: landBy.getTime(),
          due_at: dueAt.getTime(),
          ...(upload.parts === null && { staging_due_at: landBy.getTime() }),
        })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .returningAll()
        .executeTakeFirst(),
    upload.id,
  )
  return row ? toUpload(row) : null
}
