/** Webhook endpoints and deliveries, as they are described. */

import type { Operation } from '../openapi/operation.ts'
import {
  DeliveryAnswer,
  DeliveryPage,
  WebhookAnswer,
  WebhookList,
  WebhookWithSecret,
} from '../openapi/webhook-schemas.ts'
import { NoBody } from '../upload-queries.ts'
import { DeliveriesQuery, RotateBody, WebhookBody } from '../webhook-bodies.ts'

const nothing = { schema: NoBody, required: false, examples: { empty: {} } }
const URL = 'https://api.acme.io/berth'

const WEBHOOK = {
  id: 'wh_019a8f3c7b2e7c14a5d09be1f2c3d4e5',
  url: URL,
  events: ['upload.ready', 'upload.rejected'],
  profiles: null,
  description: 'The shop',
  state: 'enabled',
  disabledReason: null,
  failingSince: null,
  previousSecretUntil: null,
  createdAt: '2026-11-21T12:00:00.000Z',
}

const DELIVERY = {
  id: 'dlv_019a8f3c7b2e7c14a5d09be1f2c3d4e5',
  webhookId: WEBHOOK.id,
  eventId: 'evt_upl_019a8f3c7b2e7c14a5d09be1f2c3d4e5_4',
  uploadId: 'upl_019a8f3c7b2e7c14a5d09be1f2c3d4e5',
  type: 'upload.ready',
  state: 'dead',
  attempts: 10,
  nextAttemptAt: null,
  lastStatus: 503,
  lastError: null,
  createdAt: '2026-11-21T12:00:03.210Z',
}

type Said = Omit<Operation, 'tag' | 'access' | 'problems'> & Partial<Pick<Operation, 'problems'>>

const call = (said: Said): Operation => ({ tag: 'Webhooks', access: 'keys', problems: [], ...said })

const one = { path: '/v1/webhooks/:id', idPrefix: 'wh' } as const

export const webhookOperations: readonly Operation[] = [
  call({
    id: 'createWebhook',
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Register an endpoint',
    description: 'The answer holds the secret that its messages are signed with.',
    body: {
      schema: WebhookBody,
      required: true,
      examples: {
        all: { url: URL },
        some: { url: URL, events: ['upload.ready', 'upload.rejected'], description: 'The shop' },
      },
    },
    answers: [
      {
        status: 201,
        description: 'The endpoint, with its secret.',
        content: WebhookWithSecret,
        headers: ['location'],
      },
    ],
    problems: ['webhook-url-not-allowed', 'unknown-profile', 'quota-exceeded'],
    leadsTo: ['getWebhook', 'rotateWebhook', 'enableWebhook', 'testWebhook', 'deleteWebhook'],
  }),
  call({
    id: 'listWebhooks',
    method: 'get',
    path: '/v1/webhooks',
    summary: 'List the endpoints',
    answers: [
      {
        status: 200,
        description: 'All of them.',
        content: WebhookList,
        example: { webhooks: [WEBHOOK] },
      },
    ],
  }),
  call({
    ...one,
    id: 'getWebhook',
    method: 'get',
    summary: 'Read an endpoint',
    answers: [
      { status: 200, description: 'The endpoint.', content: WebhookAnswer, example: WEBHOOK },
    ],
  }),
  call({
    ...one,
    id: 'deleteWebhook',
    method: 'delete',
    summary: 'Remove an endpoint',
    body: nothing,
    answers: [{ status: 204, description: 'It is gone.', content: null }],
  }),
  call({
    ...one,
    id: 'rotateWebhook',
    method: 'post',
    path: `${one.path}/rotate`,
    summary: 'Change the secret',
    description: 'Until the overlap is over, every message carries the signatures of both.',
    body: {
      schema: RotateBody,
      required: false,
      examples: { day: {}, leaked: { overlapSeconds: 0 } },
    },
    answers: [
      {
        status: 200,
        description: 'The endpoint, with its new secret.',
        content: WebhookWithSecret,
      },
    ],
  }),
  call({
    ...one,
    id: 'enableWebhook',
    method: 'post',
    path: `${one.path}/enable`,
    summary: 'Bring back an endpoint that was disabled',
    body: nothing,
    answers: [
      { status: 200, description: 'The endpoint.', content: WebhookAnswer, example: WEBHOOK },
    ],
  }),
  call({
    ...one,
    id: 'testWebhook',
    method: 'post',
    path: `${one.path}/test`,
    summary: 'Send a test event',
    body: nothing,
    answers: [{ status: 202, description: 'The delivery.', content: DeliveryAnswer }],
    problems: ['illegal-state'],
    leadsTo: ['redeliver'],
  }),
  call({
    id: 'listDeliveries',
    method: 'get',
    path: '/v1/deliveries',
    summary: 'List deliveries, the newest first',
    query: DeliveriesQuery,
    answers: [
      {
        status: 200,
        description: 'A page. `nextCursor` is null on the last one.',
        content: DeliveryPage,
        example: { deliveries: [DELIVERY], nextCursor: null },
      },
    ],
    problems: ['invalid-cursor'],
  }),
  call({
    id: 'redeliver',
    method: 'post',
    path: '/v1/deliveries/:id/redeliver',
    idPrefix: 'dlv',
    summary: 'Send a message again, with the same id and body',
    body: nothing,
    answers: [
      { status: 202, description: 'The delivery.', content: DeliveryAnswer, example: DELIVERY },
    ],
    problems: ['illegal-state'],
  }),
]
