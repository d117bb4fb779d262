/** The inbox: raw events, stored before the sender is answered, each accounted for. */

import type { Selectable } from 'kysely'
import type { InboxState, InboxTable } from './schema.ts'
import type { Store } from './store.ts'

export type InboxEvent = Selectable<InboxTable>

export type NewEvent = { digest: string; source: string; body: string; receivedAt: Date }

/** A repeat of a stored event changes nothing. */
export async function insertEvent(store: Store, event: NewEvent): Promise<void> {
  const { digest, source, body, receivedAt } = event
  await store.write(
    (trx) =>
      trx
        .insertInto('inbox')
        .values({
          digest,
          source,
          body,
          state: 'new',
          attempts: 0,
          due_at: receivedAt.getTime(),
          received_at: receivedAt.getTime(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    digest,
  )
}

export function listDueEvents(store: Store, now: Date, limit: number): Promise<InboxEvent[]> {
  return store.db
    .selectFrom('inbox')
    .selectAll()
    .where('due_at', '<=', now.getTime())
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** `dueAt` null: the event is settled and not looked at again. */
export async function recordEvent(
  store: Store,
  event: InboxEvent,
  state: InboxState,
  dueAt: Date | null,
): Promise<void> {
  await store.write(
    (trx) =>
      trx
        .updateTable('inbox')
        .set({ state, attempts: event.attempts + 1, due_at: dueAt?.getTime() ?? null })
        .where('digest', '=', event.digest)
        .execute(),
    event.digest,
  )
}

/** The latest first. */
export function listEvents(store: Store, state: InboxState, limit: number): Promise<InboxEvent[]> {
  return store.db
    .selectFrom('inbox')
    .selectAll()
    .where('state', '=', state)
    .orderBy('received_at', 'desc')
    .limit(limit)
    .execute()
}

/** Only what is not looked at again. @returns how many went. */
export async function deleteSettledEvents(
  store: Store,
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('inbox')
      .where('digest', 'in', (query) =>
        query
          .selectFrom('inbox')
          .select('digest')
          .where('received_at', '<', before.getTime())
          .where('due_at', 'is', null)
          .orderBy('received_at')
          .limit(limit)
          .$if(store.skipsLocked, (rows) => rows.forUpdate().skipLocked()),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
