/** Endpoints, events and deliveries of a long past: nearly all settled, some for every state. */

import type { Store } from '../../src/store/store.ts'
import { aWebhook } from './webhooks.ts'

const CHUNK = 500
const ENABLED = {
  previous_secret: null,
  previous_until: null,
  failures: 0,
  failing_since: null,
  deleted_at: null,
} as const

/** @param until everything is a second older for each row before the last. */
export async function seedWebhooks({ db }: Store, rows: number, until: Date): Promise<void> {
  for (let from = 0; from < rows; from += CHUNK) {
    const numbers = Array.from({ length: CHUNK }, (_, nth) => from + nth)
    const atOf = (nth: number): number => until.getTime() - (rows - nth) * 1_000
    const webhooks = numbers.map((nth) => ({
      ...aWebhook(`wh_${nth}`, { tenant: `tenant-${nth % 100}` }),
      ...ENABLED,
      state: nth % 500 === 3 ? ('disabled' as const) : ('enabled' as const),
      disabled_reason: nth % 500 === 3 ? 'r' : null,
      place: Math.floor(nth / 100),
    }))
    const events = numbers.map((nth) => ({
      id: `evt_${nth}`,
      upload_id: `upl_${nth}`,
      type: 'upload.ready' as const,
      body: '{}',
      created_at: atOf(nth),
    }))
    await db.insertInto('webhooks').values(webhooks).execute()
    await db.insertInto('webhook_events').values(events).execute()
    await db
      .insertInto('deliveries')
      .values(numbers.map((nth) => aDelivery(nth, atOf(nth))))
      .execute()
  }
}

/** One in 20 waits, for one endpoint of a hundred; one in 20 is dead; all others are delivered. */
function aDelivery(nth: number, at: number) {
  const state = (['pending', 'dead'] as const)[nth % 20] ?? ('delivered' as const)
  const isPending = state === 'pending'
  return {
    id: `dlv_${nth}`,
    tenant: `tenant-${nth % 100}`,
    webhook_id: `wh_${isPending ? nth % 1_000 : nth}`,
    event_id: `evt_${nth}`,
    upload_id: `upl_${nth}`,
    type: 'upload.ready' as const,
    state,
    attempts: 1,
    claim: 1,
    due_at: isPending ? at : null,
    last_status: null,
    last_error: null,
    created_at: at,
    settled_at: isPending ? null : at,
  }
}
