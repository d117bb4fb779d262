/** S3 event notifications, as AWS, MinIO, versitygw, Ceph and the simulators send them. */

import type { EventSource, Hint } from '../broker/hint.ts'
import { at } from './json.ts'

/** One record: a hint, nothing for us, or unreadable. */
type Read = Hint | 'ignored' | 'unreadable'

/** @returns null when it is no S3 event, or when no record of it can be used and one cannot be read. */
export function readS3Event(json: unknown, source: EventSource): Hint[] | null {
  // Sent when a notification is configured, or when the sender starts.
  if (at(json, 'Event') === 's3:TestEvent') return []
  const records = at(json, 'Records')
  if (!Array.isArray(records)) return null
  const read = records.map((record: unknown) => readRecord(record, source))
  const hints = read.filter((one) => typeof one === 'object')
  return hints.length === 0 && read.includes('unreadable') ? null : hints
}

/** Everything but bucket, key and kind is passed over: it is missing or wrong somewhere. */
function readRecord(record: unknown, source: EventSource): Read {
  const eventName = at(record, 'eventName')
  if (!isText(eventName)) return 'unreadable'
  const bucket = at(record, 's3', 'bucket', 'name')
  const sent = at(record, 's3', 'object', 'key')
  if (!isText(bucket) || !isText(sent)) return 'unreadable'
  if (!isKnownVersion(at(record, 'eventVersion'))) return 'unreadable'
  const kind = kindOf(eventName)
  if (!kind) return 'ignored'
  const key = at(record, 's3', 'configurationId') === RAW_KEYS ? sent : formDecode(sent)
  return key === null ? 'unreadable' : { bucket, key, kind, source }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

// A new major version may have moved anything.
const isKnownVersion = (version: unknown): boolean =>
  version === undefined || (isText(version) && version.startsWith('2.'))

// versitygw's one configuration; it alone sends keys as they are.
const RAW_KEYS = 'webhook-global'

/** AWS sends `ObjectCreated:Put`, MinIO and versitygw `s3:ObjectCreated:Put`. */
function kindOf(eventName: string): Hint['kind'] | null {
  const name = eventName.startsWith('s3:') ? eventName.slice(3) : eventName
  if (name.startsWith('ObjectCreated:')) return 'created'
  return name.startsWith('ObjectRemoved:') ? 'removed' : null
}

/** "red flower.jpg" arrives as "red+flower.jpg", from MinIO with its slashes as %2F. */
function formDecode(key: string): string | null {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return null
  }
}
