/** A running Berth as a client sees it: in this process, or in one of its own that can be killed. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey } from '../../src/broker/api-keys.ts'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { openStore } from '../../src/store/store.ts'
import { freePort, isAlive, run, until, type Running } from './processes.ts'
import { keep, mayNotBeSaid } from './spoken.ts'
import { EVENTS_TOKEN, RECEIPT_KEY } from './world.ts'

export type Berth = {
  url: string
  key: string
  databaseFile: string
  /** @param under a command that runs it, such as strace with its options. */
  start: (under?: string[]) => Promise<void>
  /** Starts it without waiting for anything. */
  launch: (under?: string[]) => void
  pid: () => number
  /** Resolves with the exit code; null after a signal. */
  exited: () => Promise<number | null>
  /** kill -9 */
  kill: () => Promise<void>
  /** SIGTERM, and its exit code. */
  stop: () => Promise<number | null>
  output: () => string
  close: () => Promise<void>
}

/** The built program (`dist/main.js serve`) against this bucket, its database in `folder`; not started yet. */
export async function createBerth(
  bucket: BucketConfig,
  env: NodeJS.ProcessEnv = {},
  folder = mkdtempSync(join(tmpdir(), 'berth-process-')),
  hear: (text: string) => void = () => undefined,
): Promise<Berth> {
  const databaseFile = join(folder, 'berth.db')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const databaseUrl = env['DATABASE_URL'] ?? `file:${databaseFile}`
  const key = await makeKey(databaseUrl)
  const environment = {
    PATH: process.env['PATH'],
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    TOKEN_SECRET: 'a secret for tests that is long enough',
    EVENTS_S3_TOKEN: EVENTS_TOKEN,
    RECEIPT_PRIVATE_KEY: RECEIPT_KEY.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    LOG_LEVEL: 'warn',
    ...bucketEnvironment(bucket),
    ...env,
  }
  let running: Running | null = null
  mayNotBeSaid([environment.TOKEN_SECRET, EVENTS_TOKEN, ...secretsOf(bucket)])
  const launch = (under: string[] = []): void => {
    const words = [...under, process.execPath, 'dist/main.js', 'serve']
    const { child } = (running = run(words[0] ?? '', words.slice(1), environment))
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        hear(chunk.toString())
        keep('log', chunk.toString())
      })
  }
  const end = async (): Promise<void> => {
    await running?.end()
    running = null
  }
  return {
    url,
    key,
    databaseFile,
    pid: () => running?.child.pid ?? 0,
    exited: () => exitOf(running),
    launch,
    start: async (under) => {
      launch(under)
      // Alive as well: another server on its port would answer, too.
      const isReady = async () =>
        running !== null && isAlive(running) && (await fetch(`${url}/readyz`)).ok
      await until('Berth', isReady).catch((error: unknown) => {
        throw new Error(`${String(error)}: ${running?.output() ?? ''}`)
      })
    },
    kill: end,
    stop: async () => {
      const exited = exitOf(running)
      running?.child.kill('SIGTERM')
      return exited
    },
    output: () => running?.output() ?? '',
    close: async () => {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const secretsOf = ({ signer, reader, keeper }: BucketConfig) =>
  [signer, reader, keeper].map((pair) => pair?.secretAccessKey)

async function exitOf(running: Running | null): Promise<number | null> {
  const { child } = running ?? {}
  if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
  await new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return child.exitCode
}

/** In a database that may not have any tables yet. */
export async function makeKey(databaseUrl: string): Promise<string> {
  const store = openStore(databaseUrl)
  await store.migrate()
  const scopes = ['uploads:write', 'uploads:read'] as const
  const terms = { tenant: 'tenant-a', scopes, expiresAt: null }
  const key = await createApiKey({ store, now: () => new Date() }, terms)
  await store.close()
  return key
}

const bucketEnvironment = ({ endpoint, name, signer, reader, keeper }: BucketConfig) => ({
  S3_ENDPOINT: endpoint ?? '',
  S3_BUCKET: name,
  S3_FORCE_PATH_STYLE: 'on',
  S3_SIGNER_ACCESS_KEY_ID: signer?.accessKeyId,
  S3_SIGNER_SECRET_ACCESS_KEY: signer?.secretAccessKey,
  S3_READER_ACCESS_KEY_ID: reader?.accessKeyId,
  S3_READER_SECRET_ACCESS_KEY: reader?.secretAccessKey,
  S3_KEEPER_ACCESS_KEY_ID: keeper?.accessKeyId,
  S3_KEEPER_SECRET_ACCESS_KEY: keeper?.secretAccessKey,
})

export type Shown = {
  id: string
  state: string
  version: number
  sha256: string | null
  slot: { method: 'PUT'; url: string; headers: Record<string, string>; expiresAt: Date } | null
  object: { key: string; sha256: string; size: number } | null
  rejection: { reason: string } | null
}

/** JSON over HTTP with the key; throws on anything but 2xx. */
export async function call<T = Shown>(
  { url, key }: Pick<Berth, 'url' | 'key'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const json = (await answer.json()) as T
  if (!answer.ok) keep('error', JSON.stringify(json))
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(json)}`)
  return json
}

/** Waits for the end of an upload, by long polls. */
export async function untilFinal(berth: Pick<Berth, 'url' | 'key'>, id: string): Promise<Shown> {
  for (;;) {
    const upload = await call(berth, 'GET', `/v1/uploads/${id}?wait=20`)
    if (!['pending', 'received', 'verifying'].includes(upload.state)) return upload
  }
}
