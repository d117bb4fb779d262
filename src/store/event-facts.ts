/** Stored events without what they say: that may name anybody's objects. */

import { sql } from 'kysely'
import type { InboxState } from './schema.ts'
import type { Store } from './store.ts'

export type EventFacts = {
  digest: string
  source: string
  attempts: number
  receivedAt: Date
  /** Characters. */
  length: number
}

/** The latest first. */
export async function listEventFacts(
  { db }: Store,
  state: InboxState,
  limit: number,
): Promise<EventFacts[]> {
  const rows = await db
    .selectFrom('inbox')
    .select(['digest', 'source', 'attempts', 'received_at'])
    .select(sql<number>`length(body)`.as('length'))
    .where('state', '=', state)
    .orderBy('received_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ received_at, ...row }) => ({ ...row, receivedAt: new Date(received_at) }))
}

/** Null: none that named an upload is stored. */
export async function lastEventAt({ db }: Store): Promise<Date | null> {
  const row = await db
    .selectFrom('inbox')
    .select('received_at')
    .where('state', '=', 'matched')
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? new Date(row.received_at) : null
}
