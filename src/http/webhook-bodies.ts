/** The bodies and query strings of the webhook routes. */

import { z } from 'zod'
import { UPLOAD_EVENTS } from '../upload/announcement.ts'
import { NO_CONTROLS } from './slot-request.ts'
import { wholeNumber } from './upload-queries.ts'

const MOST_PROFILES = 50
const LONGEST_OVERLAP_SECONDS = 604_800
const USUAL_OVERLAP_SECONDS = 86_400

const isOrderly = (text: string): boolean => !/[\p{Cc}\p{Surrogate}]/u.test(text)

export const WebhookBody = z.strictObject({
  // Its length and the rest are the endpoint rules' business.
  url: z.string(),
  events: z.array(z.enum(UPLOAD_EVENTS)).min(1).max(UPLOAD_EVENTS.length).nullable().default(null),
  profiles: z.array(z.string().max(40)).min(1).max(MOST_PROFILES).nullable().default(null),
  description: z
    .string()
    .max(255)
    .refine(isOrderly, 'has a control character or a lone surrogate')
    .meta({ pattern: NO_CONTROLS })
    .nullable()
    .default(null),
})

export const RotateBody = z.strictObject({
  overlapSeconds: z.int().min(0).max(LONGEST_OVERLAP_SECONDS).default(USUAL_OVERLAP_SECONDS),
})

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`), `expected ${prefix}_ and 32 hex digits`)

export const DeliveriesQuery = z.strictObject({
  state: z.enum(['pending', 'delivered', 'dead']).optional(),
  uploadId: id('upl').optional(),
  webhookId: id('wh').optional(),
  limit: wholeNumber(1, 200).default(50),
  cursor: z.string().max(200).optional(),
})
