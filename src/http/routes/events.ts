/** /events/…: authenticate, store, answer. What an event says never decides the answer. */

import type { Request, RequestHandler } from 'express'
import type { Broker } from '../../broker/broker.ts'
import type { EventSource } from '../../broker/hint.ts'
import { draining, unauthenticated } from '../../problems.ts'
import type { Endpoint } from '../mount.ts'
import { rawBody } from '../read-json.ts'
import { isSecret, offeredToken } from '../sender.ts'

const EVENT_LIMIT_BYTES = 1024 * 1024

export type EventRoutesDeps = {
  broker: Broker
  acceptEvents: boolean
  /** Null: nobody may post there. */
  eventsToken: string | null
  eventBridgeKey: string | null
  /** Throws unless the message is proven to come from a configured topic. */
  assertSns: ((body: string) => Promise<void>) | null
}

export function eventEndpoints(deps: EventRoutesDeps): Endpoint[] {
  const { eventsToken, eventBridgeKey } = deps
  const bearer = assertSecret(eventsToken, offeredToken)
  const apiKey = assertSecret(eventBridgeKey, (req) => req.get('x-api-key') ?? '')
  return [
    intake(deps, 's3', [bearer, ...rawBody(EVENT_LIMIT_BYTES)]),
    intake(deps, 'eventbridge', [apiKey, ...rawBody(EVENT_LIMIT_BYTES)]),
    // Proven by the body itself, so the body comes first.
    intake(deps, 'sns', [...rawBody(EVENT_LIMIT_BYTES), assertSigned(deps)]),
  ]
}

const intake = (
  { broker, acceptEvents }: EventRoutesDeps,
  source: EventSource,
  authenticated: RequestHandler[],
): Endpoint => ({
  method: 'post',
  path: `/events/${source}`,
  handlers: [
    ...authenticated,
    async (req, res) => {
      if (!acceptEvents) throw draining('accepting events')
      const body = bodyOf(req)
      // An empty body is MinIO asking whether anybody is there.
      if (body !== '') await broker.receiveEvent({ source, body })
      res.status(202).end()
    },
  ],
})

const assertSecret =
  (secret: string | null, offered: (req: Request) => string): RequestHandler =>
  (req, _res, next) => {
    if (secret === null || !isSecret(offered(req), secret)) throw unknownSender()
    next()
  }

const assertSigned =
  ({ assertSns }: EventRoutesDeps): RequestHandler =>
  async (req, _res, next) => {
    if (assertSns === null) throw unknownSender()
    await assertSns(bodyOf(req))
    next()
  }

const bodyOf = ({ body }: Request): string => (Buffer.isBuffer(body) ? body.toString('utf8') : '')

const unknownSender = () => unauthenticated('the sender of the event is not known')
