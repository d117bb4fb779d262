/** What operators are told. */

import { z } from 'zod'
import { CHART_RANGES } from '../../broker/draw-charts.ts'
import { UPLOAD_STATES } from '../../upload/upload.ts'
import { Enforcements, HistoryBody, Time, UploadBody, UploadPage } from './upload-schemas.ts'
import { DeliveryAnswer } from './webhook-schemas.ts'

const Count = z
  .strictObject({ count: z.int().min(0), orMore: z.boolean() })
  .meta({ id: 'BoundedCount', description: 'Counted up to 10,000; beyond, there may be more.' })

export const OverviewBody = z
  .strictObject({
    tenant: z.string(),
    at: Time,
    states: z.array(
      z.strictObject({
        state: z.enum(UPLOAD_STATES),
        count: z.int().min(0),
        orMore: z.boolean(),
      }),
    ),
    deliveries: z.strictObject({ pending: Count, dead: Count }),
    events: z
      .strictObject({
        flow: z
          .enum(['ok', 'silent', 'off'])
          .describe('silent: objects land, and no event tells of any. off: none are expected.'),
        windowSeconds: z.int(),
        foundByLooking: z.int().describe('Arrivals of the window that no event had told of.'),
        matched: z.int().describe('Events of the window that named an upload.'),
        lastMatchedAt: Time.nullable(),
        poison: Count,
        unmatched: Count,
      })
      .describe('Of all tenants: an event names none.'),
    buckets: z.array(
      z.strictObject({ bucket: z.string(), guarantees: Enforcements, probedAt: Time }),
    ),
  })
  .meta({ id: 'Overview', description: 'How things stand now.' })

const counts = (description: string) =>
  z.record(z.string(), z.int().min(0)).describe(`${description} Without those that are 0.`)

export const ChartsBody = z
  .strictObject({
    range: z.enum(CHART_RANGES),
    since: Time,
    until: Time,
    stepSeconds: z.int().describe('Between two points.'),
    countedUntil: Time.describe('Earlier than now only while the counting is behind.'),
    points: z.array(
      z.strictObject({
        at: Time.describe('Its beginning.'),
        states: counts('Uploads that were created (pending) or came to each final state.'),
        arrivals: counts('By what told of them: event, complete (the client), sweep (a look).'),
        rejections: counts('By reason.'),
        timeToReady: counts(
          'Ready uploads by the seconds since their arrival: the name is the longest; more is the rest.',
        ),
      }),
    ),
  })
  .meta({ id: 'Charts', description: 'Changes of state, counted by their moment.' })

export const SearchBody = UploadPage.extend({
  searchedBackTo: Time.nullable().describe(
    'One call looks at some thousand uploads. It looked back to this moment; go on with the cursor.',
  ),
}).meta({ id: 'SearchPage', description: 'The newest first. May be empty and yet not the last.' })

export const ShownUploadBody = z
  .strictObject({
    upload: UploadBody,
    slotExpiresAt: Time,
    receivedAt: Time.nullable(),
    attempts: z.int().min(0).describe('To verify it, so far.'),
    nextLookAt: Time.nullable().describe('When Berth looks after it next by itself.'),
    history: HistoryBody.shape.history,
    deliveries: z.array(DeliveryAnswer),
  })
  .meta({ id: 'ShownUpload', description: 'One upload, its way, and who was told.' })

export const EventsBody = z
  .strictObject({
    state: z.enum(['poison', 'unmatched']),
    events: z.array(
      z.strictObject({
        digest: z.string().describe('SHA-256 (hex) of source and body.'),
        source: z.string(),
        attempts: z.int().min(0),
        receivedAt: Time,
        length: z.int().min(0).describe('Characters of its body.'),
      }),
    ),
  })
  .meta({
    id: 'EventFacts',
    description: 'The latest first. What they say is for whoever has the database: berth events.',
  })
