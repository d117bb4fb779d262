/** Deliveries that nobody will send or ask for any more, and how long the queue is. */

import type { Store } from './store.ts'

/** Of endpoints that are no longer enabled. @returns how many became dead letters. */
export async function buryUndeliverable(store: Store, at: Date, limit: number): Promise<number> {
  const { numUpdatedRows } = await store.write((trx) =>
    trx
      .updateTable('deliveries')
      .set((column) => ({
        state: 'dead' as const,
        due_at: null,
        claim: column('claim', '+', 1),
        last_error: 'the endpoint is disabled or deleted',
        settled_at: at.getTime(),
      }))
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('webhooks')
          .innerJoin('deliveries', 'deliveries.webhook_id', 'webhooks.id')
          .select('deliveries.id')
          .where('webhooks.state', 'in', ['disabled', 'deleted'])
          .where('deliveries.due_at', 'is not', null)
          .limit(limit),
      )
      .where('due_at', 'is not', null)
      .executeTakeFirstOrThrow(),
  )
  return Number(numUpdatedRows)
}

/** @returns how many went. */
export async function deleteSettledDeliveries(
  store: Store,
  state: 'delivered' | 'dead',
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('deliveries')
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('deliveries')
          .select('id')
          .where('state', '=', state)
          .where('settled_at', '<', before.getTime())
          .limit(limit),
      )
      .where('state', '=', state)
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}

/** Events of which no delivery is left. @returns how many went. */
export async function deleteForgottenEvents(
  store: Store,
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('webhook_events')
      .where('id', 'in', (rows) =>
        rows
          .selectFrom('webhook_events')
          .select('webhook_events.id')
          .where('created_at', '<', before.getTime())
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
          .limit(limit),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}

/** Deleted endpoints of which nothing is left to send. @returns how many went. */
export async function deleteEmptyWebhooks(
  store: Store,
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('webhooks')
      .where('id', 'in', (rows) =>
        rows
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
          .limit(limit),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}

export type Outbox = { depth: number; oldestAt: Date | null }

/** What waits, and since when the oldest of it does. */
export async function measureOutbox({ db }: Store): Promise<Outbox> {
  const { depth, oldest } = await db
    .selectFrom('deliveries')
    .select(({ fn }) => [
      fn.countAll<number>().as('depth'),
      fn.min<number | null>('created_at').as('oldest'),
    ])
    .where('due_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return { depth, oldestAt: oldest === null ? null : new Date(oldest) }
}
