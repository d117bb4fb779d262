/** The webhook endpoints of a tenant. Their secrets are sealed before they get here. */

import type { Selectable } from 'kysely'
import type { WebhooksTable } from './schema.ts'
import type { Store } from './store.ts'

export type WebhookRow = Selectable<WebhooksTable>

export type NewWebhook = Pick<
  WebhookRow,
  'id' | 'tenant' | 'url' | 'events' | 'profiles' | 'description' | 'secret' | 'created_at'
>

const NEW = {
  previous_secret: null,
  previous_until: null,
  state: 'enabled',
  disabled_reason: null,
  failures: 0,
  failing_since: null,
  deleted_at: null,
} as const

/** Null, with nothing written, when the tenant has `most` endpoints already. */
export async function insertWebhook(
  store: Store,
  webhook: NewWebhook,
  most: number,
): Promise<WebhookRow | null> {
  for (;;) {
    const row = await store.write(async (trx) => {
      const taken = await trx
        .selectFrom('webhooks')
        .select('place')
        .where('tenant', '=', webhook.tenant)
        .where('place', 'is not', null)
        .execute()
      const place = freePlace(new Set(taken.map((one) => one.place)), most)
      if (place === null) return null
      const insert = trx.insertInto('webhooks').values({ ...webhook, ...NEW, place })
      const inserted = insert.onConflict((conflict) => conflict.doNothing()).returningAll()
      return (await inserted.executeTakeFirst()) ?? 'taken meanwhile'
      // Two that want the same place wait for each other, whatever their ids.
    }, webhook.tenant)
    if (row !== 'taken meanwhile') return row
  }
}

function freePlace(taken: ReadonlySet<number | null>, most: number): number | null {
  for (let place = 0; place < most; place += 1) if (!taken.has(place)) return place
  return null
}

export async function findWebhook(store: Store, tenant: string, id: string) {
  const row = await store.db
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', id)
    .where('tenant', '=', tenant)
    .where('place', 'is not', null)
    .executeTakeFirst()
  return row ?? null
}

export const listWebhooks = (store: Store, tenant: string): Promise<WebhookRow[]> =>
  store.db
    .selectFrom('webhooks')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('place', 'is not', null)
    .orderBy('id')
    .execute()

export type Change = Partial<
  Pick<
    WebhookRow,
    | 'place'
    | 'state'
    | 'disabled_reason'
    | 'failures'
    | 'failing_since'
    | 'secret'
    | 'previous_secret'
    | 'previous_until'
    | 'deleted_at'
  >
>

/** Null when it is deleted, or no longer has the secret that the change was made for. */
export async function changeWebhook(
  store: Store,
  { id, secret }: Pick<WebhookRow, 'id' | 'secret'>,
  change: Change,
): Promise<WebhookRow | null> {
  const row = await store.write(
    (trx) =>
      trx
        .updateTable('webhooks')
        .set(change)
        .where('id', '=', id)
        .where('secret', '=', secret)
        .where('place', 'is not', null)
        .returningAll()
        .executeTakeFirst(),
    id,
  )
  return row ?? null
}

/** Its secrets go at once; the row stays until its deliveries are settled. */
export const deletion = (at: Date): Change => ({
  place: null,
  state: 'deleted',
  secret: '',
  previous_secret: null,
  previous_until: null,
  deleted_at: at.getTime(),
})

export const ENABLED = {
  state: 'enabled',
  disabled_reason: null,
  failures: 0,
  failing_since: null,
} as const satisfies Change
