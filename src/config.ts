/** Environment -> Config. The only file that knows the variables; every mistake is listed at once. */

import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import { CALLER_VARIABLES, callerMistakes, identitySlice, ratesSlice } from './config-of-callers.ts'
import { DOCTOR_VARIABLES } from './config-of-doctor.ts'
import { SCANNER_VARIABLES, scannerMistakes, scannersSlice } from './config-of-scanners.ts'
import { dispatchSlice, WEBHOOK_VARIABLES, webhooksSlice } from './config-of-webhooks.ts'
import { loadReceiptKeys } from './receipt-keys.ts'

/** The environment itself, for the commands to hand on. */
export const environment = (): NodeJS.ProcessEnv => process.env

const text = z.string().min(1)
const optional = text.optional()
const port = z.coerce.number().int().min(0).max(65_535)
const onOff = z.enum(['on', 'off'])
const count = z.coerce.number().int().min(1)
const seconds = z.coerce.number().int().min(1)
const address = z.url({ protocol: /^https?$/ })
const token = z.string().min(16, 'expected at least 16 characters').optional()
const pair = { id: 'ACCESS_KEY_ID', secret: 'SECRET_ACCESS_KEY' } as const

/** Every variable; `.env.example` holds the same names and defaults, and a test compares them. */
export const ENVIRONMENT = {
  HOST: text.default('127.0.0.1'),
  PORT: port.default(8080),
  PUBLIC_URL: address.optional(),
  ROLES: text.default('api,worker'),
  DATABASE_URL: z
    .string()
    .regex(/^(file:.|postgres(ql)?:\/\/.)/, 'expected file:<path> or postgres://<address>')
    .refine((url) => url.startsWith('file:') || URL.canParse(url), 'is not a valid address')
    .default('file:./data/berth.db'),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(1000).default(10),
  MIGRATE_ON_START: onOff.default('on'),
  BERTH_PROFILES: optional,
  S3_ENDPOINT: address.optional(),
  S3_PUBLIC_ENDPOINT: address.optional(),
  S3_REGION: text.default('us-east-1'),
  S3_BUCKET: text,
  S3_FORCE_PATH_STYLE: onOff.default('off'),
  S3_SIGNER_ACCESS_KEY_ID: optional,
  S3_SIGNER_SECRET_ACCESS_KEY: optional,
  S3_READER_ACCESS_KEY_ID: optional,
  S3_READER_SECRET_ACCESS_KEY: optional,
  S3_KEEPER_ACCESS_KEY_ID: optional,
  S3_KEEPER_SECRET_ACCESS_KEY: optional,
  ...DOCTOR_VARIABLES,
  EVENTS_S3_TOKEN: token,
  EVENTS_SNS_TOPIC_ARNS: z
    .string()
    .regex(/^arn:[^\s,]+(,arn:[^\s,]+)*$/, 'expected topic ARNs, separated by commas')
    .optional(),
  EVENTS_SNS_SIGNATURE_V1: onOff.default('off'),
  SNS_ENDPOINT: address.optional(),
  EVENTS_EVENTBRIDGE_KEY: token,
  EVENTS_SQS_QUEUE_URL: address.optional(),
  SQS_ENDPOINT: address.optional(),
  ...SCANNER_VARIABLES,
  RECEIPT_PRIVATE_KEY: text,
  RECEIPT_RETIRED_KEYS: optional,
  TOKEN_SECRET: z.string().min(32, 'expected at least 32 characters'),
  ...CALLER_VARIABLES,
  CORS_ORIGINS: z.string().default(''),
  TRUST_PROXY: z.string().default('off'),
  LAND_GRACE_SECONDS: z.coerce.number().int().min(0).default(900),
  LAND_MARGIN_SECONDS: z.coerce.number().int().min(0).default(120),
  GIVE_UP_SECONDS: seconds.default(86_400),
  ORPHAN_GRACE_SECONDS: seconds.default(86_400),
  DRAIN_SECONDS: z.coerce.number().int().min(0).max(15).default(2),
  SWEEP_INTERVAL_SECONDS: seconds.default(15),
  LEASE_SECONDS: seconds.default(30),
  INBOX_RETENTION_SECONDS: seconds.default(604_800),
  LOOKS_PER_SECOND: count.default(100),
  VERIFY_CONCURRENCY: count.default(8),
  VERIFY_PER_TENANT: count.default(6),
  DOWNLOAD_TTL_SECONDS: seconds.max(604_800).default(900),
  ...WEBHOOK_VARIABLES,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ISSUE_SLOTS: onOff.default('on'),
  ACCEPT_EVENTS: onOff.default('on'),
  RUN_JOBS: onOff.default('on'),
  CONSOLE: onOff.default('on'),
  METRICS: onOff.default('on'),
}

const Environment = z.object(ENVIRONMENT)
type Env = z.infer<typeof Environment>

export type Config = ReturnType<typeof loadConfig>

export function loadConfig(env: NodeJS.ProcessEnv) {
  const e = parseEnvironment(env)
  return {
    http: httpSlice(e),
    database: databaseSlice(e),
    profilesFile: e.BERTH_PROFILES ?? null,
    bucket: bucketSlice(e),
    limits: {
      landGraceSeconds: e.LAND_GRACE_SECONDS,
      landMarginSeconds: e.LAND_MARGIN_SECONDS,
      giveUpSeconds: e.GIVE_UP_SECONDS,
      orphanGraceSeconds: e.ORPHAN_GRACE_SECONDS,
      leaseSeconds: e.LEASE_SECONDS,
      downloadTtlSeconds: e.DOWNLOAD_TTL_SECONDS,
      inboxRetentionSeconds: e.INBOX_RETENTION_SECONDS,
    },
    jobs: {
      run: e.RUN_JOBS === 'on' && roles(e).includes('worker'),
      sweepIntervalSeconds: e.SWEEP_INTERVAL_SECONDS,
      looksPerSecond: e.LOOKS_PER_SECOND,
      verifyConcurrency: e.VERIFY_CONCURRENCY,
      verifyPerTenant: e.VERIFY_PER_TENANT,
      isShared: !e.DATABASE_URL.startsWith('file:'),
      ...dispatchSlice(e),
    },
    webhooks: webhooksSlice(e),
    events: eventsSlice(e),
    scanners: scannersSlice(e),
    identity: identitySlice(e),
    rates: ratesSlice(e),
    receiptKeys: loadReceiptKeys(e.RECEIPT_PRIVATE_KEY, e.RECEIPT_RETIRED_KEYS ?? null),
    doctor: { admin: credentials(e.S3_ADMIN_ACCESS_KEY_ID, e.S3_ADMIN_SECRET_ACCESS_KEY) },
    metrics: e.METRICS === 'on',
    log: { level: e.LOG_LEVEL },
  }
}

const DatabaseEnvironment = Environment.pick({
  DATABASE_URL: true,
  DATABASE_POOL_SIZE: true,
  MIGRATE_ON_START: true,
})

export type DatabaseConfig = ReturnType<typeof databaseSlice>

/** For commands that touch the records only. */
export function loadDatabase(env: NodeJS.ProcessEnv): DatabaseConfig {
  const parsed = DatabaseEnvironment.safeParse(withoutEmpty(env))
  if (!parsed.success) throw new ConfigError(mistakesOf(parsed.error))
  return databaseSlice(parsed.data)
}

const databaseSlice = (e: z.infer<typeof DatabaseEnvironment>) => ({
  url: e.DATABASE_URL,
  poolSize: e.DATABASE_POOL_SIZE,
  migrateOnStart: e.MIGRATE_ON_START === 'on',
})

function parseEnvironment(env: NodeJS.ProcessEnv): Env {
  const given = withoutEmpty(env)
  const parsed = Environment.safeParse(given)
  const mistakes = [...(parsed.success ? [] : mistakesOf(parsed.error)), ...crossMistakes(given)]
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes)
  return parsed.data
}

// `NAME=` in a file means "not set", as it does in a shell script.
const withoutEmpty = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))

const mistakesOf = (error: z.ZodError): string[] =>
  error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

function crossMistakes(env: NodeJS.ProcessEnv): string[] {
  const halves = ['SIGNER', 'READER', 'KEEPER', 'ADMIN'].flatMap((who) => {
    const [id, secret] = [`S3_${who}_${pair.id}`, `S3_${who}_${pair.secret}`]
    if ((env[id] === undefined) === (env[secret] === undefined)) return []
    return [`${env[id] === undefined ? id : secret}: missing, while its other half is set`]
  })
  const unknown = (env['ROLES'] ?? 'api').split(',').filter((role) => !/^(api|worker)$/.test(role))
  return [
    ...halves,
    ...scannerMistakes(env),
    ...callerMistakes(env),
    ...unknown.map((role) => `ROLES: expected api, worker or both, got ${role}`),
  ]
}

const roles = (e: Env): string[] => e.ROLES.split(',')

const httpSlice = (e: Env) => ({
  host: e.HOST,
  port: e.PORT,
  drainSeconds: e.DRAIN_SECONDS,
  publicUrl: e.PUBLIC_URL ?? null,
  serveApi: roles(e).includes('api'),
  issueSlots: e.ISSUE_SLOTS === 'on',
  acceptEvents: e.ACCEPT_EVENTS === 'on',
  console: e.CONSOLE === 'on',
  eventsToken: e.EVENTS_S3_TOKEN ?? null,
  eventBridgeKey: e.EVENTS_EVENTBRIDGE_KEY ?? null,
  tokenSecret: e.TOKEN_SECRET,
  corsOrigins: e.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
  trustProxy: e.TRUST_PROXY === 'off' ? (false as const) : e.TRUST_PROXY,
  uploadEndpoint: e.S3_PUBLIC_ENDPOINT ?? e.S3_ENDPOINT ?? null,
})

const eventsSlice = (e: Env) => ({
  accept: e.ACCEPT_EVENTS === 'on',
  sns: {
    topicArns: e.EVENTS_SNS_TOPIC_ARNS?.split(',') ?? [],
    acceptVersion1: e.EVENTS_SNS_SIGNATURE_V1 === 'on',
    endpoint: e.SNS_ENDPOINT ?? null,
  },
  sqs:
    e.EVENTS_SQS_QUEUE_URL === undefined
      ? null
      : {
          queueUrl: e.EVENTS_SQS_QUEUE_URL,
          endpoint: e.SQS_ENDPOINT ?? null,
          region: e.S3_REGION,
        },
})

const bucketSlice = (e: Env) => ({
  endpoint: e.S3_ENDPOINT ?? null,
  publicEndpoint: e.S3_PUBLIC_ENDPOINT ?? null,
  region: e.S3_REGION,
  name: e.S3_BUCKET,
  forcePathStyle: e.S3_FORCE_PATH_STYLE === 'on',
  signer: credentials(e.S3_SIGNER_ACCESS_KEY_ID, e.S3_SIGNER_SECRET_ACCESS_KEY),
  reader: credentials(e.S3_READER_ACCESS_KEY_ID, e.S3_READER_SECRET_ACCESS_KEY),
  keeper: credentials(e.S3_KEEPER_ACCESS_KEY_ID, e.S3_KEEPER_SECRET_ACCESS_KEY),
})

const credentials = (accessKeyId?: string, secretAccessKey?: string) =>
  accessKeyId !== undefined && secretAccessKey !== undefined
    ? { accessKeyId, secretAccessKey }
    : null
