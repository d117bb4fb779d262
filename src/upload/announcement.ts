/** What a backend is told when an upload reaches a final state: rendered once, sent as it is. */

import type { Guarantees } from './guarantees.ts'
import { toRecord } from './record.ts'
import type { Upload } from './upload.ts'

export const UPLOAD_EVENTS = [
  'upload.ready',
  'upload.rejected',
  'upload.expired',
  'upload.canceled',
  'upload.failed',
  'upload.deleted',
] as const

export type UploadEvent = (typeof UPLOAD_EVENTS)[number]
export type EventType = UploadEvent | 'webhook.test'

export type Announcement = {
  /** The `webhook-id`: the same on every attempt and for every endpoint. */
  id: string
  type: EventType
  /** Null for an event that is about no upload. */
  uploadId: string | null
  body: string
  /** The W3C trace context that it belongs to. */
  traceparent: string | null
}

/** Standard Webhooks asks for bodies under 20 KB. */
const LARGEST_BODY_BYTES = 20_000

/** Null for a state that is not final. */
export function announcementOf(
  upload: Upload,
  guarantees: Guarantees,
  at: Date,
): Announcement | null {
  const type = UPLOAD_EVENTS.find((event) => event === `upload.${upload.state}`)
  if (!type) return null
  const record = toRecord(upload, guarantees)
  const whole = render(type, at, record)
  // Only metadata made of characters that JSON spells out can grow that large.
  const body = isTooLarge(whole) ? render(type, at, { ...record, metadata: null }) : whole
  const id = `evt_${upload.id}_${upload.version}`
  return { id, type, uploadId: upload.id, body, traceparent: upload.traceparent }
}

/** @param id 32 hex digits of its own, as no upload names it. */
export const testAnnouncement = (id: string, webhookId: string, at: Date): Announcement => ({
  id: `evt_test_${id}`,
  type: 'webhook.test',
  uploadId: null,
  body: render('webhook.test', at, { webhookId }),
  traceparent: null,
})

const render = (type: EventType, timestamp: Date, data: object): string =>
  JSON.stringify({ type, timestamp, data })

const isTooLarge = (body: string): boolean =>
  new TextEncoder().encode(body).length >= LARGEST_BODY_BYTES
