/** The envelope that SNS puts around an event: the event is a string inside. */

import { z } from 'zod'
import type { EventSource, Hint } from '../broker/hint.ts'
import { parseJson } from './json.ts'
import { readS3Event } from './s3-event.ts'

const Envelope = z.object({ Type: z.string(), MessageId: z.string(), Message: z.string() })

export const isSnsEnvelope = (json: unknown): boolean => Envelope.safeParse(json).success

/** The envelope's own type counts, not what a header says of it. */
export function readSnsEnvelope(json: unknown, source: EventSource): Hint[] | null {
  const envelope = Envelope.safeParse(json)
  if (!envelope.success) return null
  if (envelope.data.Type !== 'Notification') return []
  return readS3Event(parseJson(envelope.data.Message), source)
}
