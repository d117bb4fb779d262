/** Stored events -> looks at the uploads they name. An event is a hint; only bucket and key count. */

import { listDueEvents, recordEvent, type InboxEvent } from '../store/inbox.ts'
import { uploadIdFromStagingKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import { backoffSeconds } from '../upload/schedule.ts'
import { noteArrivalAt, type NoteDeps } from './note-arrival.ts'

/** What an event may say that Berth listens to. */
export type Hint = { bucket: string; key: string }

/** Hints in one stored event; null when it cannot be read as an event of its source. */
export type ParseEvent = (source: string, body: string) => Hint[] | null

export type DrainDeps = NoteDeps & { parseEvent: ParseEvent }

/** An event that names no known upload may have overtaken its record: tried again this long. */
const UNMATCHED_SECONDS = 86_400
const UNMATCHED_RETRY_SECONDS = 30

/** @returns how many events were looked at. */
export async function drainInbox(deps: DrainDeps, batch: number): Promise<number> {
  const events = await listDueEvents(deps.store, deps.now(), batch)
  const looks = new Map<string, Promise<boolean>>()
  await Promise.all(events.map((event) => settleEvent(deps, event, looks)))
  return events.length
}

type Looks = Map<string, Promise<boolean>>

async function settleEvent(deps: DrainDeps, event: InboxEvent, looks: Looks): Promise<void> {
  const { store } = deps
  const hints = deps.parseEvent(event.source, event.body)
  if (!hints) {
    await recordEvent(store, event, 'poison', null)
    return
  }

  // Events about our own sealed copies, and about anything else in the bucket, are not for us.
  const ours = hints.filter(({ key }) => uploadIdFromStagingKey(key) !== null)
  if (ours.length === 0) {
    await recordEvent(store, event, 'ignored', null)
    return
  }
  try {
    const known = await Promise.all(ours.map((hint) => lookOnce(deps, hint, looks)))
    if (known.includes(true)) await recordEvent(store, event, 'matched', null)
    else await recordUnmatched(deps, event)
  } catch (error) {
    // The store is down: the event waits, and the upload has its own schedule of looks.
    deps.log.warn('event.look-failed', { error: String(error) })
    const dueAt = addSeconds(deps.now(), backoffSeconds(event.attempts + 1))
    await recordEvent(store, event, 'new', dueAt)
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

async function recordUnmatched({ store, now }: DrainDeps, event: InboxEvent): Promise<void> {
  const isOld = now().getTime() - event.received_at > UNMATCHED_SECONDS * 1000
  const dueAt = isOld ? null : addSeconds(now(), UNMATCHED_RETRY_SECONDS)
  await recordEvent(store, event, 'unmatched', dueAt)
}
