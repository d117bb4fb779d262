/** The variables about webhooks: where they may go, when they are tried again, how long they are kept. */

import { z } from 'zod'

const seconds = z.coerce.number().int().min(1)
const schedule = z
  .string()
  .regex(/^\d{1,6}(,\d{1,6}){0,29}$/, 'expected seconds, separated by commas')
  .transform((steps) => steps.split(',').map(Number))

export const WEBHOOK_VARIABLES = {
  SEND_WEBHOOKS: z.enum(['on', 'off']).default('on'),
  WEBHOOK_ALLOW_PRIVATE: z.enum(['on', 'off']).default('off'),
  WEBHOOK_SCHEDULE_SECONDS: z
    .string()
    .default('0,5,300,1800,7200,18000,36000,50400,72000,86400')
    .pipe(schedule),
  WEBHOOK_CONCURRENCY: z.coerce.number().int().min(2).default(256),
  DELIVERY_RETENTION_SECONDS: seconds.default(604_800),
  DEAD_LETTER_RETENTION_SECONDS: seconds.default(2_592_000),
}

type Given = z.infer<z.ZodObject<typeof WEBHOOK_VARIABLES>>

export const dispatchSlice = (e: Given) => ({
  sendWebhooks: e.SEND_WEBHOOKS === 'on',
  webhookConcurrency: e.WEBHOOK_CONCURRENCY,
})

const ATTEMPT_SECONDS = 15
const FIVE_DAYS_SECONDS = 432_000

export const webhooksSlice = (e: Given) => ({
  allowPrivate: e.WEBHOOK_ALLOW_PRIVATE === 'on',
  timeoutMs: ATTEMPT_SECONDS * 1000,
  // Twice as long as an attempt may take, so that none is ever made twice at once.
  leaseSeconds: 2 * ATTEMPT_SECONDS,
  scheduleSeconds: e.WEBHOOK_SCHEDULE_SECONDS,
  hopelessSeconds: FIVE_DAYS_SECONDS,
  deliveredKeptSeconds: e.DELIVERY_RETENTION_SECONDS,
  deadKeptSeconds: e.DEAD_LETTER_RETENTION_SECONDS,
})
