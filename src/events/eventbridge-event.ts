/** S3 events by EventBridge, alone or several in an array; keys are sent as they are. */

import { z } from 'zod'
import type { EventSource, Hint } from '../broker/hint.ts'

const Envelope = z.object({ source: z.string(), 'detail-type': z.string(), detail: z.unknown() })

const Detail = z.object({
  bucket: z.object({ name: z.string().min(1) }),
  object: z.object({ key: z.string().min(1) }),
})

const KINDS: Record<string, Hint['kind']> = {
  'Object Created': 'created',
  'Object Deleted': 'removed',
}

export function readEventBridge(json: unknown, source: EventSource): Hint[] | null {
  const read = (Array.isArray(json) ? json : [json]).map((one) => readOne(one, source))
  const hints = read.flatMap((one) => one ?? [])
  return hints.length === 0 && read.includes(null) ? null : hints
}

function readOne(json: unknown, source: EventSource): Hint[] | null {
  const envelope = Envelope.safeParse(json)
  if (!envelope.success) return null
  const kind = KINDS[envelope.data['detail-type']]
  // Other services, and other happenings in the bucket.
  if (envelope.data.source !== 'aws.s3' || !kind) return []
  const detail = Detail.safeParse(envelope.data.detail)
  if (!detail.success) return null
  const { bucket, object } = detail.data
  return [{ bucket: bucket.name, key: object.key, kind, source }]
}

export const isEventBridge = (json: unknown): boolean =>
  Envelope.safeParse(Array.isArray(json) ? json[0] : json).success
