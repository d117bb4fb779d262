/** /v1/webhooks and /v1/deliveries: where events go, and what became of each. For the scope admin. */

import type { Request, RequestHandler, Response } from 'express'
import type { Broker } from '../../broker/broker.ts'
import { authenticate, tenantWith } from '../caller.ts'
import type { Cursors } from '../cursor.ts'
import type { Endpoint } from '../mount.ts'
import { parseBody, parseQuery } from '../parse.ts'
import { addressOf } from '../public-url.ts'
import { readJson, readOptionalJson } from '../read-json.ts'
import { renderDelivery, renderWebhook } from '../render-webhook.ts'
import { NoBody, NoQuery } from '../upload-queries.ts'
import { DeliveriesQuery, RotateBody, WebhookBody } from '../webhook-bodies.ts'

const BODY_LIMIT_BYTES = 64 * 1024

export type WebhookRoutesDeps = { broker: Broker; cursors: Cursors }

type Answer = (req: Request<{ id: string }>, res: Response) => Promise<unknown>

export function webhookEndpoints({ broker, cursors }: WebhookRoutesDeps): Endpoint[] {
  const who = authenticate(broker)
  const one = '/v1/webhooks/:id'
  const call = (
    method: Endpoint['method'],
    path: string,
    answer: Answer,
    body: RequestHandler[] = [],
  ): Endpoint => ({ method, path, handlers: [who, ...body, answer as unknown as RequestHandler] })
  const optional = readOptionalJson(BODY_LIMIT_BYTES)

  return [
    call('post', '/v1/webhooks', postWebhook(broker), readJson(BODY_LIMIT_BYTES)),
    call('get', '/v1/webhooks', listWebhooks(broker)),
    call('get', one, getWebhook(broker)),
    call('delete', one, deleteWebhook(broker), optional),
    call('post', `${one}/rotate`, postRotate(broker), optional),
    call('post', `${one}/enable`, postEnable(broker), optional),
    call('post', `${one}/test`, postTest(broker), optional),
    call('get', '/v1/deliveries', listDeliveries(broker, cursors)),
    call('post', '/v1/deliveries/:id/redeliver', postRedeliver(broker), optional),
  ]
}

/** Calls without fields of their own: neither query nor body may say anything. */
function bareCall(req: Request, res: Response): string {
  parseQuery(NoQuery, req.query)
  parseBody(NoBody, req.body === undefined ? {} : req.body)
  return tenantWith(res, 'admin')
}

const postWebhook =
  (broker: Broker): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const terms = parseBody(WebhookBody, req.body)
    const { webhook, secret } = await broker.registerWebhook(tenantWith(res, 'admin'), terms)
    res
      .status(201)
      .location(addressOf(res, `/v1/webhooks/${webhook.id}`))
      .json({ ...renderWebhook(webhook), secret })
  }

const listWebhooks =
  (broker: Broker): Answer =>
  async (req, res) => {
    const webhooks = await broker.listWebhooks(bareCall(req, res))
    res.json({ webhooks: webhooks.map(renderWebhook) })
  }

const getWebhook =
  (broker: Broker): Answer =>
  async (req, res) => {
    const tenant = bareCall(req, res)
    res.json(renderWebhook(await broker.findWebhook(tenant, req.params.id)))
  }

const deleteWebhook =
  (broker: Broker): Answer =>
  async (req, res) => {
    const tenant = bareCall(req, res)
    await broker.removeWebhook(tenant, req.params.id)
    res.status(204).end()
  }

const postRotate =
  (broker: Broker): Answer =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const { overlapSeconds } = parseBody(RotateBody, req.body)
    const tenant = tenantWith(res, 'admin')
    const rotation = { id: req.params.id, overlapSeconds }
    const { webhook, secret } = await broker.rotateSecret(tenant, rotation)
    res.json({ ...renderWebhook(webhook), secret })
  }

const postEnable =
  (broker: Broker): Answer =>
  async (req, res) => {
    const tenant = bareCall(req, res)
    res.json(renderWebhook(await broker.enableWebhook(tenant, req.params.id)))
  }

const postTest =
  (broker: Broker): Answer =>
  async (req, res) => {
    const tenant = bareCall(req, res)
    res.status(202).json(renderDelivery(await broker.testWebhook(tenant, req.params.id)))
  }

const listDeliveries =
  (broker: Broker, cursors: Cursors): Answer =>
  async (req, res) => {
    const { cursor, limit, ...filter } = parseQuery(DeliveriesQuery, req.query)
    const tenant = tenantWith(res, 'admin')
    const beforeId = cursor === undefined ? undefined : cursors.open(tenant, cursor)
    const page = await broker.listDeliveryPage(tenant, { ...filter, beforeId }, limit)
    res.json({
      deliveries: page.deliveries.map(renderDelivery),
      nextCursor: page.nextId && cursors.seal(tenant, page.nextId),
    })
  }

const postRedeliver =
  (broker: Broker): Answer =>
  async (req, res) => {
    const tenant = bareCall(req, res)
    res.status(202).json(renderDelivery(await broker.redeliver(tenant, req.params.id)))
  }
