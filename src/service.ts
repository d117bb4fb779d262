/** Composition root: Config in, a running service out. The only place that knows every part. */

import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { uuidv7obj } from 'uuidv7'
import { createBroker, type Broker, type BrokerDeps } from './broker/broker.ts'
import { createBucket } from './bucket/bucket.ts'
import { measureBucket } from './bucket/measure-bucket.ts'
import { ConfigError } from './config-error.ts'
import type { Config } from './config.ts'
import { parseEvent } from './events/parse-event.ts'
import { snsGateFor } from './events/sns/gate-for.ts'
import { startSqsPoller, type SqsPoller } from './events/sqs-poller.ts'
import { createApp } from './http/app.ts'
import type { Page } from './http/routes/pages.ts'
import { bornReady } from './http/born-ready.ts'
import { listen } from './http/server.ts'
import { createDetector, type Detector } from './inspect/detector.ts'
import { fetchKeysFrom } from './identity/fetch-keys.ts'
import { createIdentityProvider } from './identity/identity-provider.ts'
import { inspect, type InspectDeps, type Pass } from './inspect/inspect.ts'
import { createClamd } from './inspect/scan/clamd.ts'
import { createHttpScanner } from './inspect/scan/http-scanner.ts'
import { createFitScanner, type FitScanner } from './inspect/scan/fit-scanner.ts'
import { countJobs } from './jobs/count-jobs.ts'
import { COUNTED, startJobs, type Jobs } from './jobs/jobs.ts'
import { createNonces } from './nonces.ts'
import { loadProfiles } from './profiles.ts'
import { openStore, type Store } from './store/store.ts'
import { createEventLog, createLogger, type EventLog, type Logger } from './telemetry/log.ts'
import { reportTo } from './telemetry/store-report.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import type { RoomFor } from './telemetry/small-heap.ts'
import { createSecretBox } from './webhooks/secret-box.ts'
import { createSender } from './webhooks/send.ts'

const STREAM_IDLE_MS = 30_000

export type Service = {
  url: string
  broker: Broker
  /** Resolves when the database must not be used any more; then the process has to end. */
  broken: Promise<Error>
  /** Answers 503 on /readyz at once, ends what is in flight, hands leases back, closes. */
  close: () => Promise<void>
}

export type Extras = {
  version: string
  pages: readonly Page[]
  now?: () => Date
  /** What runs the reading of an object, where the process is kept small. */
  roomFor?: RoomFor
}

export async function startService(config: Config, extras: Extras): Promise<Service> {
  const profiles = loadProfiles(config.profilesFile)
  const logger = createLogger(config.log.level)
  const metrics = createMetrics()
  const detector = createDetector()
  const events = createEventLog(logger)
  let reportBroken: (error: Error) => void = () => undefined
  const broken = new Promise<Error>((resolve) => (reportBroken = resolve))
  const store = await openRecords(config, events, metrics, reportBroken)

  // The jobs need the broker and wake-ups run the other way, so they meet here.
  let jobs: Jobs | null = null
  const deps = brokerDeps({ config, extras, profiles, store, logger, metrics, detector })
  const broker = createBroker({
    ...deps,
    wakeWorkers: () => jobs?.wakeWorkers(),
    wakeInbox: () => jobs?.wakeInbox(),
  })
  const stopping = new AbortController()
  const app = createApp(config.http, {
    ...extras,
    broker,
    logger,
    stopping: stopping.signal,
    metrics: config.metrics ? metrics.render : null,
    requestSeen: metrics.request,
    assertSns: snsGateFor(config.events.sns, deps.now),
  })
  const listening = await listen(app, bornReady(app), config.http)
  jobs = jobsFor(config, broker, metrics, events)
  const poller = startPoller(config, broker, logger)
  logger.info({ url: listening.url, version: extras.version }, 'service.started')

  const close = async (): Promise<void> => {
    stopping.abort()
    await Promise.all([listening.close(), jobs?.stop(), poller?.stop()])
    deps.sender.close()
    await Promise.all([store.close(), detector.close()])
    logger.info('service.stopped')
  }
  return { url: listening.url, broker, broken, close }
}

/** A service that cannot start leaves nothing open behind it. */
async function openRecords(
  { database }: Config,
  events: EventLog,
  metrics: Metrics,
  broken: (error: Error) => void,
): Promise<Store> {
  const report = { ...reportTo(events, metrics), broken }
  const store = openStore(database.url, { poolSize: database.poolSize, report })
  metrics.databasePool(store.pool)
  try {
    await store.prepare({ migrate: database.migrateOnStart })
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Null: this node answers callers only. */
function jobsFor(config: Config, broker: Broker, metrics: Metrics, events: EventLog): Jobs | null {
  if (!config.jobs.run) return null
  return startJobs(countJobs(broker, COUNTED, metrics.jobDone), config.jobs, events.warn)
}

function startPoller({ events, jobs }: Config, broker: Broker, logger: Logger): SqsPoller | null {
  if (!events.sqs || !events.accept || !jobs.run) return null
  const receive = (body: string): Promise<void> => broker.receiveEvent({ source: 'sqs', body })
  return startSqsPoller(events.sqs, { receive, warn: createEventLog(logger).warn })
}

const expectsEvents = ({ http, events }: Config): boolean =>
  events.accept &&
  (http.eventsToken !== null ||
    http.eventBridgeKey !== null ||
    events.sqs !== null ||
    events.sns.topicArns.length > 0)

/** Null without clamd; then, unless there is a scanner behind HTTP, no profile may ask for a scan. */
function scannerFor({ scanners }: Config, profiles: BrokerDeps['profiles']): FitScanner | null {
  const scanned = [...profiles.values()].filter(({ scan }) => scan === 'required')
  const { clamd, http } = scanners
  if (clamd) {
    const largest = Math.max(0, ...scanned.map(({ maxSize }) => maxSize))
    return createFitScanner(createClamd(clamd), largest)
  }
  const mistakes = scanned.map(({ name }) => `CLAMD_ADDRESS: missing, while profile ${name} scans`)
  if (!http && mistakes.length > 0) throw new ConfigError(mistakes)
  return null
}

type Parts = {
  config: Config
  extras: Extras
  profiles: BrokerDeps['profiles']
  store: Store
  logger: Logger
  metrics: Metrics
  detector: Detector
}

function brokerDeps({ config, extras, profiles, store, logger, metrics, detector }: Parts) {
  const { now = store.clock.now, roomFor = (_bytes, read) => read() } = extras
  const scanner = scannerFor(config, profiles)
  const { detect } = detector
  return {
    store,
    profiles,
    now,
    random: Math.random,
    inspect: measuredInspect({ detect, scanner, idleMs: STREAM_IDLE_MS }, metrics, roomFor),
    parseEvent,
    scanner,
    scanByUrl: config.scanners.http && createHttpScanner(config.scanners.http),
    receiptKeys: config.receiptKeys,
    rates: config.rates,
    tokenSecret: config.http.tokenSecret,
    checkForeign:
      config.identity &&
      createIdentityProvider(config.identity, fetchKeysFrom(config.identity.keySet), now),
    bucket: measureBucket(createBucket(config.bucket, undefined, now), metrics),
    limits: config.limits,
    webhooks: config.webhooks,
    secretBox: createSecretBox(config.http.tokenSecret),
    sender: createSender(config.webhooks),
    meter: metrics,
    expectsEvents: expectsEvents(config),
    log: createEventLog(logger),
    newId: () => uuidv7obj().toHex(),
    newNonce: createNonces(),
    node: `${hostname()}/${randomUUID()}`,
  }
}

const measuredInspect =
  (deps: InspectDeps, { inspected }: Pick<Metrics, 'inspected'>, roomFor: RoomFor) =>
  async (pass: Pass) => {
    const began = performance.now()
    const found = await roomFor(pass.contentLength, () => inspect(deps, pass))
    inspected(found.size, (performance.now() - began) / 1000)
    return found
  }
