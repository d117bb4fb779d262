/**
 * Deliveries that nobody will send or ask for any more, and how long the queue is. What a batch takes
 * is named first: a nested query may be asked once per row, and then its limit is none.
 */

import { sql, type Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** Of endpoints that are no longer enabled. @returns how many became dead letters. */
export async function buryUndeliverable(store: Store, at: Date, limit: number): Promise<number> {
  const { numUpdatedRows } = await store.write((trx) =>
    trx
      .with('doomed', (db) =>
        db
          .selectFrom('webhooks')
          .innerJoin('deliveries', 'deliveries.webhook_id', 'webhooks.id')
          .select('deliveries.id')
          .where('webhooks.state', 'in', ['disabled', 'deleted'])
          .where('deliveries.due_at', 'is not', null)
          .limit(limit)
          .$if(store.skipsLocked, (rows) => rows.forUpdate('deliveries').skipLocked()),
      )
      .updateTable('deliveries')
      .set((column) => ({
        state: 'dead' as const,
        due_at: null,
        claim: column('claim', '+', 1),
        last_error: 'the endpoint is disabled or deleted',
        settled_at: at.getTime(),
      }))
      .where('id', 'in', (rows) => rows.selectFrom('doomed').select('doomed.id'))
      .executeTakeFirstOrThrow(),
  )
  return Number(numUpdatedRows)
}

/** With their events, once no delivery of an event is left. @returns how many deliveries went. */
export const deleteSettledDeliveries = (
  store: Store,
  state: 'delivered' | 'dead',
  before: Date,
  limit: number,
): Promise<number> =>
  store.write(async (trx) => {
    const gone = await trx
      .with('old', (db) =>
        db
          .selectFrom('deliveries')
          .select('id')
          .where('state', '=', state)
          .where('settled_at', '<', before.getTime())
          .orderBy('settled_at')
          .limit(limit)
          .$if(store.skipsLocked, (rows) => rows.forUpdate().skipLocked()),
      )
      .deleteFrom('deliveries')
      .where('id', 'in', (rows) => rows.selectFrom('old').select('old.id'))
      .returning('event_id')
      .execute()
    const events = [...new Set(gone.map(({ event_id }) => event_id))].sort()
    if (events.length > 0) await deleteForgottenEvents(trx, events, store.skipsLocked)
    return gone.length
  })

/** Looked for here and not by a sweep of their own, which would read every event that is kept. */
async function deleteForgottenEvents(
  trx: Transaction<Schema>,
  ids: string[],
  isShared: boolean,
): Promise<void> {
  // Or two nodes that each delete one of an event's last deliveries would both see the other's.
  if (isShared) {
    const events = trx.selectFrom('webhook_events').select('id').where('id', 'in', ids)
    await events.orderBy('id').forUpdate().execute()
  }
  await trx
    .deleteFrom('webhook_events')
    .where('id', 'in', ids)
    .where((row) =>
      row.not(
        row.exists(
          row
            .selectFrom('deliveries')
            .select('deliveries.id')
            .whereRef('deliveries.event_id', '=', 'webhook_events.id'),
        ),
      ),
    )
    .execute()
}

/** Deleted endpoints of which nothing is left to send. @returns how many went. */
export async function deleteEmptyWebhooks(
  store: Store,
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .with('empty', (db) =>
        db
          .selectFrom('webhooks')
          .select('webhooks.id')
          .where('webhooks.state', '=', 'deleted')
          .where('webhooks.deleted_at', '<', before.getTime())
          .where((row) =>
            row.not(
              row.exists(
                row
                  .selectFrom('deliveries')
                  .select('deliveries.id')
                  .whereRef('deliveries.webhook_id', '=', 'webhooks.id')
                  .where('deliveries.due_at', 'is not', null),
              ),
            ),
          )
          .limit(limit)
          .$if(store.skipsLocked, (rows) => rows.forUpdate().skipLocked()),
      )
      .deleteFrom('webhooks')
      .where('id', 'in', (rows) => rows.selectFrom('empty').select('empty.id'))
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}

export type Outbox = { depth: number; oldestAt: Date | null }

/** Beyond it nobody asks how many more there are, and counting them would take ever longer. */
const MOST_COUNTED = 10_000

/** What waits, counted to 10,000, and since when the oldest of it does. */
export async function measureOutbox({ db }: Store): Promise<Outbox> {
  const waiting = db
    .selectFrom('deliveries')
    .select('created_at')
    // As a literal: with a parameter the planner cannot see that the partial index applies.
    .where('state', '=', sql.lit('pending'))
    .where('created_at', '>=', 0)
    .orderBy('created_at')
    .limit(MOST_COUNTED)
  const { depth, oldest } = await db
    .selectFrom(waiting.as('waiting'))
    .select(({ fn }) => [
      fn.countAll<number>().as('depth'),
      fn.min<number | null>('created_at').as('oldest'),
    ])
    .executeTakeFirstOrThrow()
  return { depth, oldestAt: oldest === null ? null : new Date(oldest) }
}
