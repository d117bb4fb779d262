/** Endpoints and deliveries as callers see them; a secret only where it has just been made. */

import type { DeliveryRow } from '../broker/deliveries.ts'
import type { WebhookRow } from '../broker/webhooks.ts'

export const renderWebhook = (webhook: WebhookRow) => ({
  id: webhook.id,
  url: webhook.url,
  events: toList(webhook.events),
  profiles: toList(webhook.profiles),
  description: webhook.description,
  state: webhook.state,
  disabledReason: webhook.disabled_reason,
  failingSince: toTime(webhook.failing_since),
  previousSecretUntil: toTime(webhook.previous_until),
  createdAt: toTime(webhook.created_at),
})

export const renderDelivery = (delivery: DeliveryRow) => ({
  id: delivery.id,
  webhookId: delivery.webhook_id,
  eventId: delivery.event_id,
  uploadId: delivery.upload_id,
  type: delivery.type,
  state: delivery.state,
  attempts: delivery.attempts,
  nextAttemptAt: toTime(delivery.due_at),
  lastStatus: delivery.last_status,
  lastError: delivery.last_error,
  createdAt: toTime(delivery.created_at),
})

const toList = (list: string | null): string[] | null =>
  list === null ? null : (JSON.parse(list) as string[])

const toTime = (millis: number | null): Date | null => (millis === null ? null : new Date(millis))
