/** What is due to whom, and who has taken it. A lease that ends is taken again, and costs no step. */

import type { Store } from './store.ts'

/** Whether anything at all is due: one look at an index. */
export async function isAnythingDue(store: Store, now: Date): Promise<boolean> {
  const row = await store.db
    .selectFrom('deliveries')
    .select('due_at')
    .where('due_at', '<=', now.getTime())
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

export type EndpointQuery = {
  now: Date
  /** From so many failures in a row on, an endpoint is a suspect. */
  suspectFrom: number
  isSuspect: boolean
  /** Exclusive: ids up to this one have had their turn. */
  afterId: string
  limit: number
}

/** Enabled endpoints to which something is due, by id: a full queue of one hides no other. */
export async function listDueEndpoints(store: Store, query: EndpointQuery): Promise<string[]> {
  const { now, suspectFrom, isSuspect, afterId, limit } = query
  const rows = await store.db
    .selectFrom('webhooks')
    .select('id')
    .where('state', '=', 'enabled')
    .where('id', '>', afterId)
    .where('failures', isSuspect ? '>=' : '<', suspectFrom)
    .where((row) =>
      row.exists(
        row
          .selectFrom('deliveries')
          .select('deliveries.id')
          .whereRef('deliveries.webhook_id', '=', 'webhooks.id')
          .where('deliveries.due_at', '<=', now.getTime()),
      ),
    )
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

export type Claim = { id: string; webhook_id: string; claim: number; attempts: number }

/**
 * Takes up to `limit` due deliveries of one endpoint until the lease ends, the longest due first.
 * What another node is taking at this moment is passed over.
 */
export const claimDeliveries = (
  store: Store,
  webhookId: string,
  lease: { now: Date; until: Date },
  limit: number,
): Promise<Claim[]> =>
  store.write(
    (trx) =>
      trx
        // By name, because a planner may ask a nested query once per row, and then it has no limit.
        .with('taken', (db) =>
          db
            .selectFrom('deliveries')
            .select('id')
            .where('webhook_id', '=', webhookId)
            .where('due_at', '<=', lease.now.getTime())
            .orderBy('due_at')
            .limit(limit)
            .$if(store.skipsLocked, (rows) => rows.forUpdate().skipLocked()),
        )
        .updateTable('deliveries')
        .set((column) => ({ due_at: lease.until.getTime(), claim: column('claim', '+', 1) }))
        .where('id', 'in', (rows) => rows.selectFrom('taken').select('taken.id'))
        .returning(['id', 'webhook_id', 'claim', 'attempts'])
        .execute(),
    webhookId,
  )

/** What an attempt needs to know. Null: the endpoint is gone, or the claim is somebody else's by now. */
export async function findDispatch(store: Store, { id, claim }: Claim) {
  const row = await store.db
    .selectFrom('deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'deliveries.webhook_id')
    .innerJoin('webhook_events', 'webhook_events.id', 'deliveries.event_id')
    .select([
      'deliveries.id',
      'event_id',
      'webhook_id',
      'body',
      'url',
      'webhook_events.traceparent',
    ])
    .select(['secret', 'previous_secret', 'previous_until', 'failures'])
    .where('deliveries.id', '=', id)
    .where('deliveries.claim', '=', claim)
    .where('deliveries.state', '=', 'pending')
    .where('webhooks.state', '=', 'enabled')
    .executeTakeFirst()
  return row ?? null
}

export type Dispatch = NonNullable<Awaited<ReturnType<typeof findDispatch>>>
