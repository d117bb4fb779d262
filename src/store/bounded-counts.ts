/** How many there are now: by an index, and only up to a number beyond which it is "or more". */

import { sql, type RawBuilder } from 'kysely'
import type { UploadState } from '../upload/upload.ts'
import type { DeliveryState, InboxState } from './schema.ts'
import type { Store } from './store.ts'

const MOST_COUNTED = 10_000

export type BoundedCount = { count: number; orMore: boolean }

export const countUploads = ({ db }: Store, tenant: string, state: UploadState) => {
  const { isBetween, inOrder } = byState(tenant, state)
  const rows = db.selectFrom('uploads').select('id').where(isBetween('upl_', 'upm'))
  const found = rows.orderBy(inOrder).limit(MOST_COUNTED).as('found')
  return bounded(db.selectFrom(found).select(db.fn.countAll<Counted>().as('count')))
}

export const countDeliveries = ({ db }: Store, tenant: string, state: DeliveryState) => {
  const { isBetween, inOrder } = byState(tenant, state)
  const rows = db.selectFrom('deliveries').select('id').where(isBetween('dlv_', 'dlw'))
  const found = rows.orderBy(inOrder).limit(MOST_COUNTED).as('found')
  return bounded(db.selectFrom(found).select(db.fn.countAll<Counted>().as('count')))
}

/** Of all tenants: an event names none. */
export const countEvents = ({ db }: Store, state: InboxState) => {
  const rows = db.selectFrom('inbox').select('received_at').where('state', '=', state)
  const found = rows.orderBy('received_at', 'desc').limit(MOST_COUNTED).as('found')
  return bounded(db.selectFrom(found).select(db.fn.countAll<Counted>().as('count')))
}

type Counted = number | string

async function bounded(query: {
  executeTakeFirstOrThrow: () => Promise<{ count: Counted }>
}): Promise<BoundedCount> {
  const count = Number((await query.executeTakeFirstOrThrow()).count)
  return { count, orMore: count === MOST_COUNTED }
}

/**
 * The whole key of the index is compared and sorted by: by tenant and state alone, PostgreSQL may
 * read a table from its beginning until it has found enough.
 */
function byState(tenant: string, state: string) {
  const key = sql`(tenant, state, id)`
  const edge = (id: string): RawBuilder<unknown> => sql`(${sql.join([tenant, state, id])})`
  return {
    isBetween: (from: string, to: string) =>
      sql<boolean>`${key} >= ${edge(from)} and ${key} < ${edge(to)}`,
    inOrder: sql`tenant, state, id`,
  }
}
