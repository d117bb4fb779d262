/** Records whose time is over: which they are, and their removal with their audit. */

import { expressionBuilder, sql } from 'kysely'
import { finalStates } from '../upload/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

/** A record as it was when it was listed. */
export type Finished = { id: string; version: number }

// As literals: with parameters the planner cannot see that the partial index applies.
const OVER = finalStates()
  .filter((state) => state !== 'ready')
  .map((state) => sql.lit(state))

/** Nothing lies in the bucket in the upload's name any more, nor will it. */
const hasLeftNothing = () => {
  const row = expressionBuilder<Schema, 'uploads'>()
  const claims = row
    .selectFrom('claims')
    .select(({ fn }) => fn.countAll().as('count'))
    .whereRef('claims.upload_id', '=', 'uploads.id')
  // Counted, not `not exists`: PostgreSQL would join both tables whole before it takes the first rows.
  return row.and([row('uploads.staging_due_at', 'is', null), row(claims, '=', sql.lit(0))])
}

/** Ready since before that moment, the longest first. */
export async function listReadySince(
  store: Store,
  profile: string,
  before: Date,
  limit: number,
): Promise<Upload[]> {
  const rows = await store.db
    .selectFrom('uploads')
    .selectAll()
    .where('profile', '=', profile)
    .where('updated_at', '<=', before.getTime())
    .where('state', '=', sql.lit('ready'))
    .orderBy('updated_at')
    .limit(limit)
    .execute()
  return rows.map(toUpload)
}

/** Over since before that moment, with nothing left in the bucket. */
export const listFinished = (
  store: Store,
  profile: string,
  before: Date,
  limit: number,
): Promise<Finished[]> =>
  store.db
    .selectFrom('uploads')
    .select(['id', 'version'])
    .where('profile', '=', profile)
    .where('updated_at', '<=', before.getTime())
    .where('state', 'in', OVER)
    .where(hasLeftNothing())
    .orderBy('updated_at')
    .limit(limit)
    .execute()

/** Deleted by the clock, not by a caller, with nothing left in the bucket. */
export const listSwept = (store: Store, now: Date, limit: number): Promise<Finished[]> =>
  store.db
    .selectFrom('transitions')
    .innerJoin('uploads', 'uploads.id', 'transitions.upload_id')
    .select(['uploads.id', 'uploads.version'])
    .where('transitions.state', '=', sql.lit('deleted'))
    .where('transitions.cause', '=', sql.lit('sweep'))
    .where('transitions.at', '<=', now.getTime())
    .where(hasLeftNothing())
    .orderBy('transitions.at')
    .limit(limit)
    .execute()

/** The record and its audit. False when it has changed since, or is gone already. */
export const removeRecord = (store: Store, { id, version }: Finished): Promise<boolean> =>
  store.write(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom('uploads')
      .where('id', '=', id)
      .where('version', '=', version)
      .where(hasLeftNothing())
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    await trx.deleteFrom('transitions').where('upload_id', '=', id).execute()
    return true
  })
