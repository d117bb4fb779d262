/** What the operators' calls answer. */

import type { Guarantees, State, Step, Upload } from '../shared/records.ts'

export type Count = { count: number; orMore: boolean }

export type Overview = {
  tenant: string
  at: string
  states: (Count & { state: State })[]
  deliveries: { pending: Count; dead: Count }
  events: {
    flow: 'ok' | 'silent' | 'off'
    windowSeconds: number
    foundByLooking: number
    matched: number
    lastMatchedAt: string | null
    poison: Count
    unmatched: Count
  }
  buckets: { bucket: string; guarantees: Guarantees; probedAt: string }[]
}

export type Counts = Record<string, number>

export type Point = {
  at: string
  states: Counts
  arrivals: Counts
  rejections: Counts
  timeToReady: Counts
}

export type Charts = {
  range: string
  stepSeconds: number
  countedUntil: string
  points: Point[]
}

export type SearchPage = {
  uploads: Upload[]
  nextCursor: string | null
  searchedBackTo: string | null
}

export type Delivery = {
  id: string
  webhookId: string
  eventId: string
  uploadId: string | null
  type: string
  state: 'pending' | 'delivered' | 'dead'
  attempts: number
  nextAttemptAt: string | null
  lastStatus: number | null
  lastError: string | null
  createdAt: string
}

export type DeliveryPage = { deliveries: Delivery[]; nextCursor: string | null }

export type WebhookList = { webhooks: { id: string; url: string; state: string }[] }

export type ShownUpload = {
  upload: Upload
  slotExpiresAt: string
  receivedAt: string | null
  attempts: number
  nextLookAt: string | null
  history: Step[]
  deliveries: Delivery[]
}

export type EventFacts = {
  state: string
  events: {
    digest: string
    source: string
    attempts: number
    receivedAt: string
    length: number
  }[]
}
