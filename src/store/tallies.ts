/** Counts by the hour, made from the audit: each transition is counted once, and never in its own transaction. */

import type { Selectable } from 'kysely'
import { sql } from 'kysely'
import type { Change, Measure } from '../upload/tally.ts'
import type { TalliesTable } from './schema-of-tallies.ts'
import type { Store } from './store.ts'

/** Of a transition, in the order of their moments. */
export type Position = { at: Date; uploadId: string; version: number }

export type CountedChange = Change & Position & { tenant: string }

export type Tally = Selectable<TalliesTable>

/** Everything up to here has been counted. */
export async function tallyPosition({ db }: Store): Promise<Position> {
  const row = await db.selectFrom('tally_position').selectAll().executeTakeFirstOrThrow()
  return { at: new Date(row.at), uploadId: row.upload_id, version: row.version }
}

/** The changes after a position and before a moment, the oldest first. */
export async function listChanges(
  { db }: Store,
  after: Position,
  until: Date,
  limit: number,
): Promise<CountedChange[]> {
  const rows = await db
    .selectFrom('transitions')
    .innerJoin('uploads', 'uploads.id', 'transitions.upload_id')
    .select(['transitions.upload_id as uploadId', 'transitions.version', 'transitions.state'])
    .select(['transitions.previous_state as previousState', 'transitions.at'])
    .select(['transitions.cause', 'transitions.detail', 'uploads.tenant', 'uploads.received_at'])
    .where('transitions.at', '>=', after.at.getTime())
    .where('transitions.at', '<', until.getTime())
    .where((row) =>
      row(
        row.refTuple('transitions.at', 'transitions.upload_id', 'transitions.version'),
        '>',
        row.tuple(after.at.getTime(), after.uploadId, after.version),
      ),
    )
    .orderBy('transitions.at')
    .orderBy('transitions.upload_id')
    .orderBy('transitions.version')
    .limit(limit)
    .execute()
  return rows.map(({ at, received_at, ...row }) => ({
    ...row,
    at: new Date(at),
    receivedAt: received_at === null ? null : new Date(received_at),
  }))
}

/** False, with nothing counted, when somebody else has counted on from there. */
export const addTallies = (
  store: Store,
  from: Position,
  to: Position,
  tallies: readonly Tally[],
): Promise<boolean> =>
  store.write(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('tally_position')
      .set({ at: to.at.getTime(), upload_id: to.uploadId, version: to.version })
      .where('id', '=', 'transitions')
      .where('at', '=', from.at.getTime())
      .where('upload_id', '=', from.uploadId)
      .where('version', '=', from.version)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return false
    if (tallies.length === 0) return true
    await trx
      .insertInto('tallies')
      .values([...tallies])
      .onConflict((conflict) =>
        conflict.columns(['tenant', 'hour', 'measure', 'name']).doUpdateSet((row) => ({
          count: row('tallies.count', '+', row.ref('excluded.count')),
        })),
      )
      .execute()
    return true
  }, 'tallies')

export type Sum = { at: Date; measure: Measure; name: string; count: number }

/** `since` inclusive, `until` exclusive; one sum for every `stepMs` that has any. */
export async function sumTallies(
  { db }: Store,
  tenant: string,
  { since, until }: { since: Date; until: Date },
  stepMs: number,
): Promise<Sum[]> {
  const rows = await db
    .selectFrom('tallies')
    .select(['measure', 'name'])
    .select(sql<number | string>`hour - hour % ${sql.lit(stepMs)}`.as('step'))
    .select(({ fn }) => fn.sum<number | string>('count').as('sum'))
    .where('tenant', '=', tenant)
    .where('hour', '>=', since.getTime())
    .where('hour', '<', until.getTime())
    .groupBy(['step', 'measure', 'name'])
    .execute()
  return rows.map(({ step, measure, name, sum }) => ({
    at: new Date(Number(step)),
    measure,
    name,
    count: Number(sum),
  }))
}

/** @returns how many went. */
export async function deleteTallies(store: Store, before: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('tallies')
      .where((where) =>
        where(
          where.refTuple('tenant', 'hour', 'measure', 'name'),
          'in',
          where
            .selectFrom('tallies')
            .select(['tenant', 'hour', 'measure', 'name'])
            .where('hour', '<', before.getTime())
            .limit(limit)
            .$asTuple('tenant', 'hour', 'measure', 'name'),
        ),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
