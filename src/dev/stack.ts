/** The development stack in one process: the embedded object store, and Berth on SQLite. */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApiKey, type Scope } from '../broker/api-keys.ts'
import { loadConfig } from '../config.ts'
import { docsPages } from '../console/docs-pages.ts'
import { consolePages, dropZonePages } from '../console/pages.ts'
import { startService } from '../service.ts'
import { openStore } from '../store/store.ts'
import { readVersion } from '../telemetry/version.ts'
import { accountsFor, type Secrets } from './accounts.ts'
import { startObjectStore } from './object-store/object-store.ts'

export type StackOptions = {
  /** Records, objects and secrets; made when it is missing, kept between runs. */
  folder: string
  /** Berth's port; the object store takes the next one. 0: any two. */
  port: number
  /** Variables that win over the stack's own. */
  env: NodeJS.ProcessEnv
}

export type Stack = {
  url: string
  storeUrl: string
  apiKey: string
  /** For the console. */
  adminKey: string
  close: () => Promise<void>
}

const BUCKET = 'berth-dev'

export async function startStack({ folder, port, env }: StackOptions): Promise<Stack> {
  const secrets = readSecrets(folder)
  const databaseUrl = env['DATABASE_URL'] ?? `file:${join(folder, 'berth.db')}`
  const keyFor = (file: string, scopes: Scope[]): Promise<string> =>
    developmentKey(join(folder, file), databaseUrl, scopes)
  const apiKey = await keyFor('api-key', ['uploads:write', 'uploads:read'])
  const adminKey = await keyFor('admin-key', ['admin'])

  // The store tells Berth of events, and Berth signs for the store: one address must come first.
  const berthPort = port === 0 ? await freePort() : port
  const objects = await startObjectStore({
    folder: join(folder, 'objects'),
    region: 'us-east-1',
    accounts: accountsFor(secrets),
    buckets: [BUCKET],
    port: port === 0 ? 0 : port + 1,
    events: {
      url: `http://127.0.0.1:${berthPort}/events/s3`,
      token: secrets.eventsToken,
      keysWith: 'staging/',
    },
  })
  const config = loadConfig({
    ...environment(secrets, objects.url),
    RECEIPT_PRIVATE_KEY: `file:${receiptKeyFile(folder)}`,
    ...env,
    DATABASE_URL: databaseUrl,
    PORT: String(berthPort),
  })
  const pages = [...dropZonePages(apiKey), ...consolePages(), ...docsPages()]
  const service = await startService(config, { version: readVersion(), pages }).catch(
    async (error: unknown) => {
      await objects.close()
      throw error
    },
  )
  const close = async (): Promise<void> => {
    await service.close()
    await objects.close()
  }
  return { url: service.url, storeUrl: objects.url, apiKey, adminKey, close }
}

const environment = (secrets: Secrets, storeUrl: string): NodeJS.ProcessEnv => ({
  S3_ENDPOINT: storeUrl,
  S3_BUCKET: BUCKET,
  S3_FORCE_PATH_STYLE: 'on',
  S3_SIGNER_ACCESS_KEY_ID: 'dev-signer',
  S3_SIGNER_SECRET_ACCESS_KEY: secrets.signer,
  S3_READER_ACCESS_KEY_ID: 'dev-reader',
  S3_READER_SECRET_ACCESS_KEY: secrets.reader,
  S3_KEEPER_ACCESS_KEY_ID: 'dev-keeper',
  S3_KEEPER_SECRET_ACCESS_KEY: secrets.keeper,
  EVENTS_S3_TOKEN: secrets.eventsToken,
  TOKEN_SECRET: secrets.tokenSecret,
  // Nobody balances load between laptops.
  DRAIN_SECONDS: '0',
  LOG_LEVEL: 'warn',
})

function readSecrets(folder: string): Secrets {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'secrets.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as Secrets
  const secret = (): string => randomBytes(32).toString('base64url')
  const secrets: Secrets = {
    signer: secret(),
    reader: secret(),
    keeper: secret(),
    eventsToken: secret(),
    tokenSecret: secret(),
  }
  writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 })
  return secrets
}

function receiptKeyFile(folder: string): string {
  const path = join(folder, 'receipt-key.pem')
  if (existsSync(path)) return path
  const { privateKey } = generateKeyPairSync('ed25519')
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return path
}

async function developmentKey(path: string, databaseUrl: string, scopes: Scope[]): Promise<string> {
  if (existsSync(path)) return readFileSync(path, 'utf8')
  const store = openStore(databaseUrl)
  await store.migrate()
  const terms = { tenant: 'dev', scopes, expiresAt: null }
  const key = await createApiKey({ store, now: () => new Date() }, terms)
  await store.close()
  writeFileSync(path, key, { mode: 0o600 })
  return key
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
