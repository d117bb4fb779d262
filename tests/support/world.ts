/** A whole Berth in this process: real SQLite, the embedded object store, a clock that tests move. */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7obj } from 'uuidv7'
import { createApiKey, SCOPES, type Scope } from '../../src/broker/api-keys.ts'
import type { CheckForeign } from '../../src/broker/authenticate.ts'
import { createBroker, type Broker } from '../../src/broker/broker.ts'
import type { RateConfig } from '../../src/broker/rate-limits.ts'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { Slot } from '../../src/bucket/slots.ts'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { accountsFor } from '../../src/dev/accounts.ts'
import { startObjectStore, type ObjectStore } from '../../src/dev/object-store/object-store.ts'
import type { Called, Protections } from '../../src/dev/object-store/types.ts'
import { parseEvent } from '../../src/events/parse-event.ts'
import { createApp, type AppConfig } from '../../src/http/app.ts'
import type { Page } from '../../src/http/routes/pages.ts'
import { createDetector } from '../../src/inspect/detector.ts'
import { inspect } from '../../src/inspect/inspect.ts'
import type { ScanByUrl } from '../../src/inspect/scan/http-scanner.ts'
import type { Scanner } from '../../src/inspect/scan/scanner.ts'
import { parseProfiles } from '../../src/profiles.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createEventLog, createLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import type { Upload } from '../../src/upload/upload.ts'
import { keep, mayNotBeSaid, overheard } from './spoken.ts'
import { createSecretBox } from '../../src/webhooks/secret-box.ts'
import { createSender, type Sender } from '../../src/webhooks/send.ts'
import { WEBHOOK_RULES } from './webhooks.ts'

export const BUCKET = 'test-bucket'
export const SECRETS = { signer: 'signer-secret', reader: 'reader-secret', keeper: 'keeper-secret' }
export const TOKEN_SECRET = 'a secret for tests that is long enough'
export const EVENTS_TOKEN = 'events-token-for-tests'

export type World = {
  store: Store
  bucket: Bucket
  broker: Broker
  objects: ObjectStore
  /** What the object store was asked, in order. */
  called: Called[]
  clock: Clock
  /** Express's listener, for supertest. */
  app: RequestListener
  /** The same, for what Express itself knows of its routes. */
  routes: ReturnType<typeof createApp>
  newKey: (tenant?: string, scopes?: readonly Scope[]) => Promise<string>
  /** Verifies everything that is due now, as the workers would. */
  work: () => Promise<void>
  close: () => Promise<void>
}

export type Clock = { now: () => Date; advance: (seconds: number) => void }

export type WorldOptions = {
  profiles?: Record<string, Record<string, unknown>>
  protections?: Partial<Protections>
  http?: Partial<AppConfig>
  pages?: readonly Page[]
  assertSns?: (body: string) => Promise<void>
  /** Wraps the bucket that Berth sees, to make it fail. */
  spoil?: (bucket: Bucket) => Bucket
  folder?: string
  /** Where the records are; SQLite in the folder without it. */
  databaseUrl?: string
  scanner?: Pick<Scanner, 'begin'>
  scanByUrl?: ScanByUrl
  /** Tokens of the customer's identity provider. */
  checkForeign?: CheckForeign
  /** Without it there are no limits. */
  rates?: RateConfig
  webhooks?: Partial<typeof WEBHOOK_RULES>
  sender?: Sender
}

const LIMITS = {
  landGraceSeconds: 900,
  landMarginSeconds: 120,
  leaseSeconds: 30,
  giveUpSeconds: 86_400,
  downloadTtlSeconds: 900,
  inboxRetentionSeconds: 604_800,
  orphanGraceSeconds: 86_400,
}

export function createClock(): Clock {
  // Real time plus an offset: SigV4 dates must be near the store's clock, which is this one too.
  let offsetMs = 0
  return {
    now: () => new Date(Date.now() + offsetMs),
    advance: (seconds) => {
      offsetMs += seconds * 1000
    },
  }
}

export const bucketConfig = (
  endpoint: string,
  change: Partial<BucketConfig> = {},
): BucketConfig => ({
  endpoint,
  publicEndpoint: null,
  region: 'us-east-1',
  name: BUCKET,
  forcePathStyle: true,
  signer: { accessKeyId: 'dev-signer', secretAccessKey: SECRETS.signer },
  reader: { accessKeyId: 'dev-reader', secretAccessKey: SECRETS.reader },
  keeper: { accessKeyId: 'dev-keeper', secretAccessKey: SECRETS.keeper },
  ...change,
})

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  mayNotBeSaid([...Object.values(SECRETS), TOKEN_SECRET, EVENTS_TOKEN])
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'berth-test-'))
  const clock = createClock()
  const called: Called[] = []
  const objects = await startObjectStore({
    folder: join(folder, 'objects'),
    region: 'us-east-1',
    accounts: accountsFor(SECRETS),
    buckets: [BUCKET],
    port: 0,
    events: null,
    protections: options.protections ?? {},
    now: clock.now,
    onCall: (call) => called.push(call),
  })
  const store = openStore(options.databaseUrl ?? `file:${join(folder, 'berth.db')}`)
  await store.migrate()
  const plain = createBucket(bucketConfig(objects.url))
  const bucket = options.spoil?.(plain) ?? plain
  const { profiles = { default: {} } } = options
  const { scanner = null, scanByUrl = null, checkForeign = null, webhooks = {} } = options
  const rates = options.rates ?? { perMinute: 0, anonymousPerMinute: 0 }
  const sender = options.sender ?? createSender({ ...WEBHOOK_RULES, ...webhooks })
  const told = { checkForeign, rates, webhooks, sender }
  const parts = { store, bucket, clock, profiles, scanner, scanByUrl, ...told }
  const broker = createTestBroker(parts)
  const routes = createTestApp(broker, options)
  return {
    store,
    bucket,
    broker,
    objects,
    called,
    clock,
    app: overheard(routes),
    routes,
    newKey: (tenant = 'tenant-a', scopes = SCOPES) =>
      createApiKey({ store, now: clock.now }, { tenant, scopes, expiresAt: null }),
    work: () => verifyAllDue(broker),
    close: async () => {
      sender.close()
      await store.close()
      await objects.close()
      if (options.folder === undefined) rmSync(folder, { recursive: true })
    },
  }
}

type Parts = Pick<World, 'store' | 'bucket' | 'clock'> &
  Pick<Required<WorldOptions>, 'profiles'> & {
    scanner?: Pick<Scanner, 'begin'> | null
    scanByUrl?: ScanByUrl | null
    checkForeign?: CheckForeign | null
    rates?: RateConfig
    webhooks?: Partial<typeof WEBHOOK_RULES>
    sender?: Sender
  }

export const RECEIPT_KEY = generateKeyPairSync('ed25519')
const RETIRED_KEY = generateKeyPairSync('ed25519')

const logger = createLogger('debug', { write: (line) => keep('log', line) })

// One thread for all worlds of a test file; it holds nobody up from ending.
const detector = createDetector()

/** The real stories over these parts; workers and inbox are run by the test itself. */
export const createTestBroker = ({
  store,
  bucket,
  clock,
  profiles,
  scanner = null,
  scanByUrl = null,
  checkForeign = null,
  rates = { perMinute: 0, anonymousPerMinute: 0 },
  webhooks = {},
  sender = createSender({ ...WEBHOOK_RULES, ...webhooks }),
}: Parts): Broker =>
  createBroker({
    store,
    bucket,
    profiles: parseProfiles({ profiles }, 'test'),
    limits: LIMITS,
    webhooks: { ...WEBHOOK_RULES, ...webhooks },
    secretBox: createSecretBox(TOKEN_SECRET),
    sender,
    log: createEventLog(logger),
    meter: createMetrics(),
    expectsEvents: true,
    scanner: null,
    scanByUrl,
    tokenSecret: TOKEN_SECRET,
    checkForeign,
    rates,
    receiptKeys: { signing: RECEIPT_KEY.privateKey, retired: [RETIRED_KEY.publicKey] },
    now: clock.now,
    random: () => 0,
    newId: () => uuidv7obj().toHex(),
    newNonce: () => randomBytes(16).toString('hex'),
    node: 'test-node',
    inspect: (pass) => inspect({ detect: detector.detect, scanner, idleMs: 5_000 }, pass),
    parseEvent,
    wakeWorkers: () => undefined,
    wakeInbox: () => undefined,
  })

export async function verifyAllDue(broker: Broker): Promise<void> {
  const never = new AbortController().signal
  for (const upload of await broker.nextVerifications(1000)) {
    await broker.verifyUpload(upload, never)
  }
}

export function createTestApp(
  broker: Broker,
  { http: change = {}, assertSns, pages = [] }: WorldOptions = {},
) {
  const config: AppConfig = {
    publicUrl: null,
    serveApi: true,
    issueSlots: true,
    acceptEvents: true,
    console: false,
    eventsToken: EVENTS_TOKEN,
    eventBridgeKey: EVENTS_TOKEN,
    tokenSecret: TOKEN_SECRET,
    corsOrigins: [],
    trustProxy: false,
    uploadEndpoint: null,
    ...change,
  }
  return createApp(config, {
    broker,
    logger,
    version: '0.0.0',
    stopping: new AbortController().signal,
    pages,
    metrics: createMetrics().render,
    assertSns: assertSns ?? null,
  })
}

/** PUTs to a slot as a client does. @returns the store's status. */
export async function put(
  slot: Slot | null,
  body: Uint8Array,
  headers: Record<string, string> = {},
): Promise<number> {
  if (!slot) throw new Error('the upload is sent in parts')
  const answer = await fetch(slot.url, {
    method: 'PUT',
    headers: { ...slot.headers, ...headers },
    body: new Uint8Array(body),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** The body that the store sends when an object was created. */
export const eventFor = ({ bucket, stagingKey }: Upload, nth = 0): string =>
  JSON.stringify({
    Records: [
      {
        eventName: 's3:ObjectCreated:Put',
        s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(stagingKey) } },
        nth,
      },
    ],
  })

export async function download(url: string): Promise<{ bytes: Buffer; headers: Headers }> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`GET answered ${answer.status}`)
  return { bytes: Buffer.from(await answer.arrayBuffer()), headers: answer.headers }
}

export async function keysBelow(
  { bucket }: Pick<World, 'bucket'>,
  prefix: string,
): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of bucket.list(BUCKET, prefix)) keys.push(key)
  return keys
}
