/** POST /events/s3: authenticate, store, answer. What an event says never decides the answer. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import type { Broker } from '../../broker/broker.ts'
import { draining, unauthenticated } from '../../problems.ts'
import type { Endpoint } from '../mount.ts'
import { rawBody } from '../read-json.ts'

const EVENT_LIMIT_BYTES = 1024 * 1024

export type EventRoutesDeps = { broker: Broker; eventsToken: string | null; acceptEvents: boolean }

export function eventEndpoints(deps: EventRoutesDeps): Endpoint[] {
  const handlers = [assertSender(deps), ...rawBody(EVENT_LIMIT_BYTES), storeEvent(deps)]
  return [{ method: 'post', path: '/events/s3', handlers }]
}

const assertSender =
  ({ eventsToken, acceptEvents }: EventRoutesDeps): RequestHandler =>
  (req, _res, next) => {
    if (eventsToken === null || !isToken(offeredToken(req), eventsToken)) {
      throw unauthenticated('the sender of the event is not known')
    }
    if (!acceptEvents) throw draining('accepting events')
    next()
  }

const storeEvent =
  ({ broker }: EventRoutesDeps): RequestHandler =>
  async (req, res) => {
    const raw: unknown = req.body
    const body = Buffer.isBuffer(raw) ? raw.toString('utf8') : ''
    // An empty body is MinIO asking whether anybody is there.
    if (body !== '') await broker.receiveEvent({ source: 's3', body })
    res.status(202).end()
  }

/** MinIO sends Bearer; versitygw can only send what its URL holds: Basic, or `?token=`. */
function offeredToken(req: Request): string {
  const header = req.get('authorization') ?? ''
  const bearer = /^Bearer (.+)$/i.exec(header)?.[1]
  if (bearer !== undefined) return bearer
  const basic = /^Basic (.+)$/i.exec(header)?.[1]
  if (basic !== undefined) {
    const userAndPassword = Buffer.from(basic, 'base64').toString('utf8')
    return userAndPassword.slice(userAndPassword.indexOf(':') + 1)
  }
  const { token } = req.query
  return typeof token === 'string' ? token : ''
}

/** Compared as digests: equal length, constant time. */
const isToken = (offered: string, expected: string): boolean =>
  timingSafeEqual(digest(offered), digest(expected))

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
