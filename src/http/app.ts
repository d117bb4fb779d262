/** The Express application: what every request passes, in order, and the routes. */

import cors from 'cors'
import express, { type Express, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Broker } from '../broker/broker.ts'
import { malformedPath, notAcceptable, notFound, uriTooLong } from '../problems.ts'
import { createCursors, DELIVERY_IDS } from './cursor.ts'
import { createEventStreams } from './event-streams.ts'
import { inTurn } from './in-turn.ts'
import { mount } from './mount.ts'
import { setPublicUrl } from './public-url.ts'
import { anonymously } from './rate-limit.ts'
import { renderProblem } from './render-problem.ts'
import { requestLog } from './request-log.ts'
import { measureRequests, type RequestSeen } from './request-metrics.ts'
import { consoleEndpoints } from './routes/console.ts'
import { createEndpoints } from './routes/create-uploads.ts'
import { documentEndpoints } from './routes/documents.ts'
import { eventEndpoints } from './routes/events.ts'
import { operationEndpoints } from './routes/operations.ts'
import { pageEndpoints, type Page } from './routes/pages.ts'
import { partEndpoints } from './routes/parts.ts'
import { problemEndpoints } from './routes/problems.ts'
import { statusEndpoints } from './routes/status.ts'
import { securityHeaders } from './security-headers.ts'
import { traceRequests } from './trace-requests.ts'
import { tokenEndpoints } from './routes/tokens.ts'
import { uploadEndpoints } from './routes/uploads.ts'
import { webhookEndpoints } from './routes/webhooks.ts'

export type AppConfig = {
  /** Null: answers name paths alone. */
  publicUrl: string | null
  serveApi: boolean
  issueSlots: boolean
  acceptEvents: boolean
  console: boolean
  eventsToken: string | null
  eventBridgeKey: string | null
  tokenSecret: string
  corsOrigins: readonly string[]
  trustProxy: string | false
  /** Where pages may send files to. */
  uploadEndpoint: string | null
  /** How many live streams this node holds at most; 10,000 without it. */
  eventStreams?: number
}

export type AppDeps = {
  broker: Broker
  logger: Logger
  version: string
  /** Aborts when the node begins to stop: /readyz then says so, and long polls end. */
  stopping: AbortSignal
  pages: readonly Page[]
  /** Null: switched off. */
  metrics: (() => Promise<string>) | null
  /** Told of every answered request. */
  requestSeen?: (request: RequestSeen) => void
  /** Null: no topic is configured. */
  assertSns: ((body: string) => Promise<void>) | null
}

const LONGEST_URL = 8 * 1024
const USUAL_EVENT_STREAMS = 10_000

export function createApp(config: AppConfig, deps: AppDeps): Express {
  const app = express()
  app.set('query parser', 'simple')
  app.set('trust proxy', config.trustProxy)
  app.set('etag', false)
  app.disable('x-powered-by')
  setPublicUrl(app, config.publicUrl)
  app.use(inTurn(everyRequest(config, deps)))
  // First, as these are asked for most.
  if (config.serveApi) app.use(mount(apiEndpoints(config, deps)))
  app.use(mount([...operationEndpoints(deps), ...documents(deps)]))
  if (config.console) app.use(mount(publicPages(config, deps)))
  app.use(anonymously(deps.broker), () => {
    throw notFound()
  })
  app.use(renderProblem)
  return app
}

const everyRequest = (config: AppConfig, { requestSeen, logger }: AppDeps): RequestHandler[] => [
  traceRequests,
  ...(requestSeen ? [measureRequests(requestSeen)] : []),
  requestLog(logger),
  securityHeaders(),
  withoutStore,
  ...crossOrigin(config),
  assertPath,
]

function apiEndpoints(config: AppConfig, { broker, assertSns, stopping }: AppDeps) {
  const { issueSlots, acceptEvents, eventsToken, eventBridgeKey } = config
  const cursors = createCursors(config.tokenSecret)
  const deliveryCursors = createCursors(config.tokenSecret, DELIVERY_IDS)
  const api = [
    // Before the addresses with an id, which "batch" would be taken for.
    ...createEndpoints({ broker, issueSlots }),
    ...tokenEndpoints(broker),
    ...partEndpoints({ broker, issueSlots }),
    ...uploadEndpoints({ broker, cursors, issueSlots, stopping }),
    ...webhookEndpoints({ broker, cursors: deliveryCursors }),
    ...consoleEndpoints({ broker, cursors }),
  ].map((endpoint) => ({ ...endpoint, handlers: [assertAcceptsJson, ...endpoint.handlers] }))
  const events = { broker, acceptEvents, eventsToken, eventBridgeKey, assertSns }
  const streams = createEventStreams(config.eventStreams ?? USUAL_EVENT_STREAMS, stopping)
  return [...api, ...statusEndpoints({ broker, streams }), ...eventEndpoints(events)]
}

/** On every node: each may answer with a problem, whose type has to lead somewhere. */
function documents({ broker }: AppDeps) {
  const first = anonymously(broker)
  return [...documentEndpoints(first), ...problemEndpoints(first)]
}

const publicPages = ({ uploadEndpoint }: AppConfig, { broker, pages }: AppDeps) =>
  pageEndpoints(pages, uploadEndpoint).map((endpoint) => ({
    ...endpoint,
    handlers: [anonymously(broker), ...endpoint.handlers],
  }))

/** Exact origins only; without any, browsers of other sites are refused. */
function crossOrigin({ corsOrigins }: AppConfig): RequestHandler[] {
  if (corsOrigins.length === 0) return []
  return [
    cors({
      origin: [...corsOrigins],
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: [
        'authorization',
        'content-type',
        'content-digest',
        'idempotency-key',
        'if-match',
        'last-event-id',
        'traceparent',
        'x-request-id',
      ],
      exposedHeaders: [
        'location',
        'retry-after',
        'x-request-id',
        'idempotency-replayed',
        'ratelimit',
        'ratelimit-policy',
      ],
      maxAge: 600,
    }),
  ]
}

// Records change, and slots are permissions: neither may be kept by a cache.
const withoutStore: RequestHandler = (_req, res, next) => {
  res.setHeader('cache-control', 'no-store')
  next()
}

const assertPath: RequestHandler = (req, _res, next) => {
  if (req.originalUrl.length > LONGEST_URL) throw uriTooLong(LONGEST_URL)
  try {
    decodeURIComponent(req.path)
  } catch {
    throw malformedPath()
  }
  next()
}

const assertAcceptsJson: RequestHandler = (req, _res, next) => {
  if (!req.accepts(['application/json', 'application/problem+json', 'application/jose']))
    throw notAcceptable()
  next()
}
