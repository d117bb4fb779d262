/** S3 event notification JSON, as AWS, MinIO, versitygw and Ceph send it -> the objects it names. */

import { z } from 'zod'
import type { Hint } from '../broker/drain-inbox.ts'

// Everything but bucket, key and kind is ignored: it is missing or wrong somewhere.
const Notification = z.object({
  Records: z.array(
    z.object({
      eventName: z.string(),
      eventSource: z.string().optional(),
      s3: z.object({
        bucket: z.object({ name: z.string() }),
        object: z.object({ key: z.string() }),
      }),
    }),
  ),
})

type EventRecord = z.infer<typeof Notification>['Records'][number]

// Sent when a notification is configured, or when the sender starts.
const TestEvent = z.object({ Event: z.literal('s3:TestEvent') })

/** @returns null when the body is no S3 event at all. An empty body is MinIO's start-up ping. */
export function parseS3Event(body: string): Hint[] | null {
  if (body.trim() === '') return []
  const json = parseJson(body)
  if (TestEvent.safeParse(json).success) return []
  const parsed = Notification.safeParse(json)
  return parsed.success ? parsed.data.Records.flatMap(toHint) : null
}

function toHint({ eventName, s3 }: EventRecord): Hint[] {
  // AWS sends "ObjectCreated:Put", MinIO and versitygw "s3:ObjectCreated:Put".
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return []
  const key = decodeKey(s3.object.key)
  return key === null || key === '' ? [] : [{ bucket: s3.bucket.name, key }]
}

/** Keys arrive form-encoded from some stores and raw from others; ours hold nothing that differs. */
function decodeKey(key: string): string | null {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return null
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return null
  }
}
