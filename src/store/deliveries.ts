/** Deliveries as callers see them: found, listed, asked for again. */

import type { Selectable } from 'kysely'
import type { DeliveriesTable, DeliveryState } from './schema.ts'
import type { Store } from './store.ts'

export type DeliveryRow = Selectable<DeliveriesTable>

export type DeliveryFilter = {
  state?: DeliveryState | undefined
  uploadId?: string | undefined
  webhookId?: string | undefined
  /** Exclusive: the last id of the page before. */
  beforeId?: string | undefined
}

/** Newest first; ids sort by age, so the key is the page's edge. */
export function listDeliveries(
  store: Store,
  tenant: string,
  filter: DeliveryFilter,
  limit: number,
): Promise<DeliveryRow[]> {
  const { state, uploadId, webhookId, beforeId } = filter
  return store.db
    .selectFrom('deliveries')
    .selectAll()
    .where('tenant', '=', tenant)
    .$if(state !== undefined, (query) => query.where('state', '=', state as DeliveryState))
    .$if(uploadId !== undefined, (query) => query.where('upload_id', '=', uploadId as string))
    .$if(webhookId !== undefined, (query) => query.where('webhook_id', '=', webhookId as string))
    .$if(beforeId !== undefined, (query) => query.where('id', '<', beforeId as string))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

export async function findDelivery(store: Store, tenant: string, id: string) {
  const row = await store.db
    .selectFrom('deliveries')
    .selectAll()
    .where('id', '=', id)
    .where('tenant', '=', tenant)
    .executeTakeFirst()
  return row ?? null
}

/** The same event, with the whole schedule before it again. Null: it is gone. */
export async function restartDelivery(
  store: Store,
  { id, webhook_id }: Pick<DeliveryRow, 'id' | 'webhook_id'>,
  at: Date,
) {
  const row = await store.write(
    (trx) =>
      trx
        .updateTable('deliveries')
        .set((column) => ({
          state: 'pending' as const,
          attempts: 0,
          claim: column('claim', '+', 1),
          due_at: at.getTime(),
          settled_at: null,
        }))
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirst(),
    `${webhook_id}/${id}`,
  )
  return row ?? null
}
