/** What callers are told of webhook endpoints and deliveries. */

import { z } from 'zod'
import { UPLOAD_EVENTS } from '../../upload/announcement.ts'
import { Time, UploadId } from './upload-schemas.ts'

const WebhookId = z.string().regex(/^wh_[0-9a-f]{32}$/)
const Event = z.enum(UPLOAD_EVENTS)

const fields = {
  id: WebhookId,
  url: z.string(),
  events: z.array(Event).nullable().describe('Null: all.'),
  profiles: z.array(z.string()).nullable().describe('Null: all.'),
  description: z.string().nullable(),
  state: z.enum(['enabled', 'disabled']),
  disabledReason: z.string().nullable(),
  failingSince: Time.nullable(),
  previousSecretUntil: Time.nullable().describe('Until then messages carry two signatures.'),
  createdAt: Time,
}

export const WebhookAnswer = z
  .strictObject(fields)
  .meta({ id: 'Webhook', description: 'An address that is told what became of uploads.' })

export const WebhookWithSecret = z
  .strictObject({ ...fields, secret: z.string().describe('Shown here and nowhere else.') })
  .meta({ id: 'WebhookWithSecret' })

export const WebhookList = z
  .strictObject({ webhooks: z.array(WebhookAnswer) })
  .meta({ id: 'WebhookList' })

export const DeliveryAnswer = z
  .strictObject({
    id: z.string().regex(/^dlv_[0-9a-f]{32}$/),
    webhookId: WebhookId,
    eventId: z.string().describe('The `webhook-id` of the message.'),
    uploadId: UploadId.nullable(),
    type: z.enum([...UPLOAD_EVENTS, 'webhook.test']),
    state: z.enum(['pending', 'delivered', 'dead']),
    attempts: z.int().min(0),
    nextAttemptAt: Time.nullable(),
    lastStatus: z.int().nullable(),
    lastError: z.string().nullable(),
    createdAt: Time,
  })
  .meta({ id: 'Delivery', description: 'One message to one endpoint.' })

export const DeliveryPage = z
  .strictObject({ deliveries: z.array(DeliveryAnswer), nextCursor: z.string().nullable() })
  .meta({ id: 'DeliveryPage', description: 'The newest first.' })
