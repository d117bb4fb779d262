/** `make start` in a process of its own, with the embedded object store or with MinIO in its place. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, run, until } from '../support/processes.ts'
import { BUCKET } from '../support/world.ts'
import { ROOT, startMinio } from '../stores/servers.ts'

export type Stack = {
  url: string
  /** The object store's. */
  storeUrl: string
  bucket: string
  key: string
  adminKey: string
  eventsToken: string
  close: () => Promise<void>
}

export const STORES = ['the embedded store', 'MinIO'] as const

export type StoreName = (typeof STORES)[number]

/** `/?profile=…` chooses one. */
const PROFILES = {
  profiles: {
    default: { maxSize: '256MiB', multipartThreshold: '16MiB' },
    pictures: { contentTypes: ['image/png'], maxSize: '1MiB' },
    hasty: { maxSize: '256MiB', multipartThreshold: '16MiB', slotTtl: '10s' },
  },
}

type Env = NodeJS.ProcessEnv
type Store = { url: string; bucket: string; env: Env; close: () => Promise<void> }

export async function startStack(name: StoreName): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-browser-'))
  const profiles = join(folder, 'profiles.json')
  writeFileSync(profiles, JSON.stringify(PROFILES))
  const port = await twoFreePorts()
  const url = `http://127.0.0.1:${port}`
  const store = name === 'MinIO' ? await minio(url) : embedded(port)
  const running = run(process.execPath, ['dist/dev/start.js'], {
    PATH: process.env['PATH'],
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    BERTH_DATA: join(folder, 'data'),
    BERTH_PROFILES: profiles,
    PORT: String(port),
    WEBHOOK_ALLOW_PRIVATE: 'on',
    ...store.env,
  })
  await until(`the stack: ${running.output()}`, async () => (await fetch(`${url}/readyz`)).ok)
  const kept = (file: string): string => readFileSync(join(folder, 'data', file), 'utf8')
  const { eventsToken } = JSON.parse(kept('secrets.json')) as { eventsToken: string }
  return {
    url,
    storeUrl: store.url,
    bucket: store.bucket,
    key: kept('api-key'),
    adminKey: kept('admin-key'),
    eventsToken: store.env['EVENTS_S3_TOKEN'] ?? eventsToken,
    close: async () => {
      await running.end()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** It takes the port after Berth's. */
const embedded = (port: number): Store => ({
  url: `http://127.0.0.1:${port + 1}`,
  bucket: 'berth-dev',
  env: {},
  close: () => Promise.resolve(),
})

async function minio(berth: string): Promise<Store> {
  const token = 'the token of the events of MinIO'
  const { url, close } = await startMinio({ url: `${berth}/events/s3`, token, queue: true })
  const pair = (who: string): Env => ({
    [`S3_${who}_ACCESS_KEY_ID`]: ROOT.accessKeyId,
    [`S3_${who}_SECRET_ACCESS_KEY`]: ROOT.secretAccessKey,
  })
  const credentials = { ...pair('SIGNER'), ...pair('READER'), ...pair('KEEPER') }
  const env = { S3_ENDPOINT: url, S3_BUCKET: BUCKET, EVENTS_S3_TOKEN: token, ...credentials }
  return { url, bucket: BUCKET, env, close }
}

/** The embedded store takes the second, whether it is asked for anything or not. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const isFree = await fetch(`http://127.0.0.1:${port + 1}/`).then(
      () => false,
      () => true,
    )
    if (isFree && port < 65_535) return port
  }
}
