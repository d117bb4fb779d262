/** The outbox: what is to be told, written with the change that it tells of. */

import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import { announcementOf, type Announcement } from '../upload/announcement.ts'
import { guaranteesOf, type Guarantees } from '../upload/guarantees.ts'
import type { Upload } from '../upload/upload.ts'
import type { Schema, WebhookState } from './schema.ts'
import type { Store } from './store.ts'

type Trx = Transaction<Schema>
type Receiver = { id: string; state: WebhookState }

/** One event per upload and final state, and one delivery of it per endpoint that listens. */
export async function announce(trx: Trx, upload: Upload, at: Date): Promise<void> {
  const receivers = await listReceivers(trx, upload)
  if (receivers.length === 0) return
  const announcement = announcementOf(upload, await guaranteesIn(trx, upload), at)
  if (!announcement || !(await insertEvent(trx, announcement, at))) return
  const deliveries = receivers.map((to) => deliveryOf(announcement, to, upload.tenant, at))
  await trx.insertInto('deliveries').values(deliveries).execute()
}

/** @returns the delivery's id. */
export async function announceTo(
  store: Store,
  announcement: Announcement,
  webhook: Receiver & { tenant: string },
  at: Date,
): Promise<string> {
  const delivery = deliveryOf(announcement, webhook, webhook.tenant, at)
  await store.write(async (trx) => {
    await insertEvent(trx, announcement, at)
    await trx.insertInto('deliveries').values(delivery).execute()
  }, webhook.id)
  return delivery.id
}

async function listReceivers(trx: Trx, upload: Upload): Promise<Receiver[]> {
  const rows = await trx
    .selectFrom('webhooks')
    .select(['id', 'state', 'events', 'profiles'])
    .where('tenant', '=', upload.tenant)
    .where('place', 'is not', null)
    .execute()
  return rows
    .filter(({ events }) => includes(events, `upload.${upload.state}`))
    .filter(({ profiles }) => includes(profiles, upload.profile))
    .map(({ id, state }) => ({ id, state: state === 'enabled' ? 'enabled' : 'disabled' }))
}

const includes = (list: string | null, name: string): boolean =>
  list === null || (JSON.parse(list) as string[]).includes(name)

async function guaranteesIn(trx: Trx, upload: Upload): Promise<Guarantees> {
  const row = await trx
    .selectFrom('capabilities')
    .select('guarantees')
    .where('bucket', '=', upload.bucket)
    .executeTakeFirst()
  return guaranteesOf(row && (JSON.parse(row.guarantees) as Guarantees), upload)
}

/** False when it was told before: an upload that fails a second time is no news. */
async function insertEvent(trx: Trx, announcement: Announcement, at: Date): Promise<boolean> {
  const { id, uploadId, type, body, traceparent } = announcement
  const inserted = await trx
    .insertInto('webhook_events')
    .values({ id, upload_id: uploadId, type, body, traceparent, created_at: at.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

/** What a disabled endpoint misses is a dead letter from the start: listed, and sent on request. */
function deliveryOf({ id, uploadId, type }: Announcement, to: Receiver, tenant: string, at: Date) {
  const isEnabled = to.state === 'enabled'
  return {
    id: deliveryId(id, to.id, at),
    tenant,
    webhook_id: to.id,
    event_id: id,
    upload_id: uploadId,
    type,
    state: isEnabled ? ('pending' as const) : ('dead' as const),
    attempts: 0,
    claim: 0,
    due_at: isEnabled ? at.getTime() : null,
    last_status: null,
    last_error: isEnabled ? null : 'the endpoint is disabled',
    created_at: at.getTime(),
    settled_at: isEnabled ? null : at.getTime(),
  }
}

/** Sorts by age, and is the same however often the transaction is tried. */
function deliveryId(eventId: string, webhookId: string, at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0')
  const rest = createHash('sha256').update(`${eventId}\n${webhookId}`).digest('hex').slice(0, 20)
  return `dlv_${time}${rest}`
}
