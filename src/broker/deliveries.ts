/** Deliveries for those who ask about them: a page of them, or one sent again. */

import { notFound, webhookNotEnabled } from '../problems.ts'
import {
  findDelivery,
  listDeliveries,
  restartDelivery,
  type DeliveryFilter,
  type DeliveryRow,
} from '../store/deliveries.ts'
import { findWebhook } from '../store/webhooks.ts'
import { pageOf } from './page.ts'
import type { WebhookDeps } from './webhook-deps.ts'

export type DeliveryPage = { deliveries: DeliveryRow[]; nextId: string | null }

type Records = Pick<WebhookDeps, 'store'>

export async function listDeliveryPage(
  { store }: Records,
  tenant: string,
  filter: DeliveryFilter,
  limit: number,
): Promise<DeliveryPage> {
  const found = await listDeliveries(store, tenant, filter, limit + 1)
  const { rows, nextId } = pageOf(found, limit)
  return { deliveries: rows, nextId }
}

/** The same `webhook-id` and body, with the whole schedule before it again. */
export async function redeliver(
  { store, now, log }: Pick<WebhookDeps, 'store' | 'now' | 'log'>,
  tenant: string,
  id: string,
): Promise<DeliveryRow> {
  const delivery = await requireDelivery({ store }, tenant, id)
  const webhook = await findWebhook(store, tenant, delivery.webhook_id)
  if (webhook?.state !== 'enabled') throw webhookNotEnabled(webhook?.state ?? 'deleted')
  const restarted = await restartDelivery(store, delivery, now())
  if (!restarted) throw notFound()
  log.info('delivery.restarted', { deliveryId: id })
  return restarted
}

export async function requireDelivery({ store }: Records, tenant: string, id: string) {
  const delivery = await findDelivery(store, tenant, id)
  if (!delivery) throw notFound()
  return delivery
}

export type { DeliveryFilter, DeliveryRow }
