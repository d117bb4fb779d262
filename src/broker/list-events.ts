/** For operators: stored events by what became of them. */

import { listEvents, type InboxEvent } from '../store/inbox.ts'
import type { InboxState } from '../store/schema.ts'
import type { Deps } from './deps.ts'

export const INBOX_STATES = ['new', 'matched', 'ignored', 'unmatched', 'poison'] as const

export type StoredEvent = Omit<InboxEvent, 'body' | 'due_at' | 'received_at'> & {
  receivedAt: Date
  /** The beginning of the raw event. */
  body: string
}

const SHOWN_CHARACTERS = 500

export async function listStoredEvents(
  { store }: Pick<Deps, 'store'>,
  state: InboxState,
  limit: number,
): Promise<StoredEvent[]> {
  const events = await listEvents(store, state, limit)
  return events.map(({ digest, source, attempts, received_at, body }) => ({
    digest,
    source,
    state,
    attempts,
    receivedAt: new Date(received_at),
    body: body.slice(0, SHOWN_CHARACTERS),
  }))
}
