/** Real MinIO and versitygw, each in a folder of its own. */

import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Agent } from 'node:https'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { cached, freePort, patiently, run, until } from '../support/processes.ts'
import { BUCKET } from '../support/world.ts'

export const ROOT = { accessKeyId: 'storeadmin', secretAccessKey: 'storeadmin-secret' }

/** Where the store sends its events; null: nowhere. */
export type Webhook = { url: string; token: string; queue: boolean } | null

export type RealStore = { config: BucketConfig; url: string; close: () => Promise<void> }

export const bucketConfigFor = (endpoint: string): BucketConfig => ({
  endpoint,
  publicEndpoint: null,
  region: 'us-east-1',
  name: BUCKET,
  forcePathStyle: true,
  signer: ROOT,
  reader: ROOT,
  keeper: ROOT,
})

/** @param ca for a store with a certificate of its own. */
export const rootClient = (endpoint: string, ca?: Buffer): S3Client =>
  new S3Client({
    endpoint,
    region: 'us-east-1',
    credentials: ROOT,
    forcePathStyle: true,
    ...(ca && { requestHandler: { httpsAgent: new Agent({ ca }) } }),
  })

/** The folder of `private.key` and `public.crt`. */
export type Tls = { folder: string; ca: Buffer }

export async function startMinio(
  webhook: Webhook,
  at?: number,
  tls?: Tls,
  env: NodeJS.ProcessEnv = {},
): Promise<RealStore> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-minio-'))
  const port = at ?? (await freePort())
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const certs = tls ? ['--certs-dir', tls.folder] : []
  const running = run(
    cached('minio'),
    ['server', '--quiet', ...certs, '--address', `127.0.0.1:${port}`, join(folder, 'data')],
    {
      HOME: folder,
      PATH: process.env['PATH'],
      CI: 'true',
      MINIO_ROOT_USER: ROOT.accessKeyId,
      MINIO_ROOT_PASSWORD: ROOT.secretAccessKey,
      MINIO_BROWSER: 'off',
      MINIO_SITE_REGION: 'us-east-1',
      ...env,
      ...(webhook && {
        MINIO_NOTIFY_WEBHOOK_ENABLE_berth: 'on',
        MINIO_NOTIFY_WEBHOOK_ENDPOINT_berth: webhook.url,
        MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_berth: webhook.token,
        ...(webhook.queue && { MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_berth: join(folder, 'queue') }),
      }),
    },
  )
  const client = rootClient(url, tls?.ca)
  await until(`MinIO: ${running.output()}`, async () => {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
    return true
  })
  // MinIO serves buckets before it knows its targets.
  if (webhook) await patiently(() => notifyOfStaging(client))
  const close = async (): Promise<void> => {
    await running.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return { config: bucketConfigFor(url), url, close }
}

const notifyOfStaging = (client: S3Client) =>
  client.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: BUCKET,
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            QueueArn: 'arn:minio:sqs::berth:webhook',
            Events: ['s3:ObjectCreated:*'],
            Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'staging/' }] } },
          },
        ],
      },
    }),
  )

/** versitygw has no other way to authenticate than what its webhook's URL holds. */
export async function startVersitygw(webhook: Webhook, at?: number): Promise<RealStore> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-versitygw-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  const port = at ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const events = webhook ? ['--event-webhook-url', `${webhook.url}?token=${webhook.token}`] : []
  const running = run(
    cached('versitygw'),
    ['--port', `127.0.0.1:${port}`, ...events, 'posix', data],
    {
      HOME: folder,
      PATH: process.env['PATH'],
      ROOT_ACCESS_KEY: ROOT.accessKeyId,
      ROOT_SECRET_KEY: ROOT.secretAccessKey,
    },
  )
  const client = rootClient(url)
  await until(`versitygw: ${running.output()}`, async () => {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
    return true
  })
  const close = async (): Promise<void> => {
    await running.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return { config: bucketConfigFor(url), url, close }
}
