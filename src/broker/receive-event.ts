/** Event intake: the raw event is durable before the sender is answered; all else happens later. */

import { createHash } from 'node:crypto'
import { insertEvent } from '../store/inbox.ts'
import type { Deps } from './deps.ts'
import type { EventSource } from './hint.ts'
import type { Recent } from './recent.ts'

export type RawEvent = { source: EventSource; body: string }

type ReceiveDeps = Pick<Deps, 'store' | 'now'> & {
  wakeInbox: () => void
  /** Digests that are durable already: a flood of one event then costs no write. */
  storedEvents: Recent
}

export async function receiveEvent(deps: ReceiveDeps, { source, body }: RawEvent): Promise<void> {
  const digest = createHash('sha256').update(`${source}\n${body}`).digest('hex')
  if (deps.storedEvents.has(digest)) return
  await insertEvent(deps.store, { digest, source, body, receivedAt: deps.now() })
  deps.storedEvents.add(digest)
  deps.wakeInbox()
}
