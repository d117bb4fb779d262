/** Stored events -> looks at the uploads they name. An event is a hint; only bucket and key count. */

import { listDueEvents, recordEvent, type InboxEvent } from '../store/inbox.ts'
import type { InboxState } from '../store/schema.ts'
import { uploadIdFromStagingKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import { backoffSeconds } from '../upload/schedule.ts'
import type { Deps } from './deps.ts'
import type { EventSource, Hint, ParseEvent } from './hint.ts'
import { noteArrivalAt, type NoteDeps } from './note-arrival.ts'
import { settleAll } from './settle-all.ts'

export type DrainDeps = NoteDeps & Pick<Deps, 'random'> & { parseEvent: ParseEvent }

/** An event that names no known upload may have overtaken its record: tried again this long. */
const UNMATCHED_SECONDS = 86_400
const UNMATCHED_RETRY_SECONDS = 30

/** @returns how many events were looked at. */
export async function drainInbox(deps: DrainDeps, batch: number): Promise<number> {
  const events = await listDueEvents(deps.store, deps.now(), batch)
  const looks = new Map<string, Promise<boolean>>()
  await settleAll(events.map((event) => settleEvent(deps, event, looks)))
  return events.length
}

/** Not our own sealed copies, nor anything else in the bucket, nor what was taken away. */
const isArrival = ({ key, kind }: Hint): boolean =>
  kind === 'created' && uploadIdFromStagingKey(key) !== null

type Looks = Map<string, Promise<boolean>>

async function settleEvent(deps: DrainDeps, event: InboxEvent, looks: Looks): Promise<void> {
  const hints = deps.parseEvent(event.source as EventSource, event.body)
  if (!hints) {
    await settleAs(deps, event, 'poison', null)
    return
  }

  const ours = hints.filter(isArrival)
  if (ours.length === 0) {
    await settleAs(deps, event, 'ignored', null)
    return
  }
  try {
    const known = await Promise.all(ours.map((hint) => lookOnce(deps, hint, looks)))
    if (known.includes(true)) await settleAs(deps, event, 'matched', null)
    else await recordUnmatched(deps, event)
  } catch (error) {
    // The store is down: the event waits, and the upload has its own schedule of looks.
    deps.log.warn('event.look-failed', { error: String(error) })
    const dueAt = addSeconds(deps.now(), backoffSeconds(event.attempts + 1, deps.random()))
    await settleAs(deps, event, 'new', dueAt)
  }
}

/** However many events of a batch name an object, it is looked at once. */
function lookOnce(deps: DrainDeps, hint: Hint, looks: Looks): Promise<boolean> {
  const place = `${hint.bucket}/${hint.key}`
  const look = looks.get(place) ?? isKnown(deps, hint)
  looks.set(place, look)
  return look
}

async function isKnown(deps: DrainDeps, hint: Hint): Promise<boolean> {
  const uploadId = uploadIdFromStagingKey(hint.key) ?? ''
  return (await noteArrivalAt(deps, uploadId, hint)) !== 'unknown'
}

function settleAs(deps: DrainDeps, event: InboxEvent, state: InboxState, dueAt: Date | null) {
  deps.meter.event(event.source, state)
  if (state === 'poison')
    deps.log.warn('event.poison', { source: event.source, digest: event.digest })
  return recordEvent(deps.store, event, state, dueAt)
}

async function recordUnmatched(deps: DrainDeps, event: InboxEvent): Promise<void> {
  const isOld = deps.now().getTime() - event.received_at > UNMATCHED_SECONDS * 1000
  const dueAt = isOld ? null : addSeconds(deps.now(), UNMATCHED_RETRY_SECONDS)
  await settleAs(deps, event, 'unmatched', dueAt)
}
