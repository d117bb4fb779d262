/** One reader per source; none ever throws, and none makes up a key. */

import type { EventSource, Hint, ParseEvent } from '../broker/hint.ts'
import { isEventBridge, readEventBridge } from './eventbridge-event.ts'
import { parseJson } from './json.ts'
import { readS3Event } from './s3-event.ts'
import { isSnsEnvelope, readSnsEnvelope } from './sns-envelope.ts'

type Read = (json: unknown, source: EventSource) => Hint[] | null

/** A queue may be fed by the bucket, by a topic, or by a rule. */
const readSqs: Read = (json, source) => {
  if (isSnsEnvelope(json)) return readSnsEnvelope(json, source)
  return isEventBridge(json) ? readEventBridge(json, source) : readS3Event(json, source)
}

const READERS: Record<EventSource, Read> = {
  s3: readS3Event,
  sns: readSnsEnvelope,
  eventbridge: readEventBridge,
  sqs: readSqs,
}

export const parseEvent: ParseEvent = (source, body) => {
  // MinIO's start-up ping.
  if (body.trim() === '') return []
  const json = parseJson(body)
  return json === undefined ? null : READERS[source](json, source)
}
