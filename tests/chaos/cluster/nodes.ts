/** The nodes of Berth: the built program, supervised as in production, and killed as nowhere else. */

import { generateKeyPairSync } from 'node:crypto'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from '../../support/processes.ts'
import { TIMES } from '../options.ts'
import { ACCOUNTS, BUCKET } from './minio.ts'
import { launch, type Process } from './process.ts'

const PROGRAM = 'dist/main.js'

export type Node = {
  name: string
  url: string
  isRunning: () => boolean
  /** Does not wait for readiness; `whenReady` does. */
  start: () => void
  whenReady: () => Promise<void>
  kill: () => Promise<void>
  freeze: () => void
  thaw: () => void
  /** SIGTERM, and its exit code. */
  stop: () => Promise<number | null>
}

export type Addresses = { port: number; database: string; storage: number; publicStorage: number }

export const SECRETS = {
  eventsToken: 'chaos-events-token-0123456789',
  tokenSecret: 'chaos token secret that is long enough',
}

/** One key for all nodes, as the receipts of either must verify. */
const receiptKey = generateKeyPairSync('ed25519')
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

/** @param onCrash called when a node ends without having been told to. */
export function createNode(
  name: string,
  addresses: Addresses,
  { folder, onCrash }: { folder: string; onCrash: (code: number | null) => void },
): Node {
  const url = `http://127.0.0.1:${addresses.port}`
  const env = environmentFor(addresses, folder)
  const log = join(folder, 'logs', `${name}.log`)
  let running: Process | null = null
  let isWanted = false
  const start = (): void => {
    isWanted = true
    const started = launch({ command: process.execPath, args: [PROGRAM, 'serve'], env, log })
    running = started
    void started.ended.then((code) => {
      if (!isWanted || running !== started) return
      onCrash(code)
      setTimeout(() => isWanted && start(), 500)
    })
  }
  const unwanted = async (end: (process: Process) => Promise<void> | void) => {
    isWanted = false
    if (running) await end(running)
    return running ? await running.ended : null
  }
  return {
    name,
    url,
    start,
    isRunning: () => running?.isRunning() ?? false,
    whenReady: () => until(`${name} to be ready`, async () => (await fetch(`${url}/readyz`)).ok),
    kill: async () => {
      await unwanted((process) => process.kill())
    },
    stop: () => unwanted((process) => process.signal('SIGTERM')),
    freeze: () => running?.signal('SIGSTOP'),
    thaw: () => running?.signal('SIGCONT'),
  }
}

const environmentFor = ({ port, database, storage, publicStorage }: Addresses, folder: string) => ({
  PATH: process.env['PATH'],
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  PORT: String(port),
  DATABASE_URL: database,
  BERTH_PROFILES: join(folder, 'profiles.json'),
  S3_ENDPOINT: `http://127.0.0.1:${storage}`,
  S3_PUBLIC_ENDPOINT: `http://127.0.0.1:${publicStorage}`,
  S3_BUCKET: BUCKET,
  S3_FORCE_PATH_STYLE: 'on',
  S3_SIGNER_ACCESS_KEY_ID: ACCOUNTS.signer.accessKeyId,
  S3_SIGNER_SECRET_ACCESS_KEY: ACCOUNTS.signer.secretAccessKey,
  S3_READER_ACCESS_KEY_ID: ACCOUNTS.reader.accessKeyId,
  S3_READER_SECRET_ACCESS_KEY: ACCOUNTS.reader.secretAccessKey,
  S3_KEEPER_ACCESS_KEY_ID: ACCOUNTS.keeper.accessKeyId,
  S3_KEEPER_SECRET_ACCESS_KEY: ACCOUNTS.keeper.secretAccessKey,
  EVENTS_S3_TOKEN: SECRETS.eventsToken,
  TOKEN_SECRET: SECRETS.tokenSecret,
  RECEIPT_PRIVATE_KEY: receiptKey,
  LEASE_SECONDS: String(TIMES.leaseSeconds),
  SWEEP_INTERVAL_SECONDS: String(TIMES.sweepIntervalSeconds),
  LAND_GRACE_SECONDS: String(TIMES.landGraceSeconds),
  LAND_MARGIN_SECONDS: String(TIMES.landMarginSeconds),
  // The receiver is on loopback, where no webhook may go in production.
  WEBHOOK_ALLOW_PRIVATE: 'on',
  WEBHOOK_SCHEDULE_SECONDS: TIMES.deliverySchedule.join(','),
  LOG_LEVEL: 'info',
})

/** An API key for a tenant, made as an operator makes one. */
export async function makeKey(
  database: string,
  tenant: string,
  scopes = 'uploads:write,uploads:read',
): Promise<string> {
  const args = [PROGRAM, 'keys', 'create', '--tenant', tenant]
  const env = { PATH: process.env['PATH'], DATABASE_URL: database }
  const { stdout } = await promisify(execFile)(process.execPath, [...args, '--scopes', scopes], {
    env,
  })
  return stdout.trim()
}
