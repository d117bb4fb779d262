/** MinIO with events kept on disk until they are taken, and the shipped policies for its three users. */

import {
  CreateBucketCommand,
  ListBucketsCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, until } from '../../support/processes.ts'
import { launch, type Process } from './process.ts'

export const BUCKET = 'uploads'

type Account = { accessKeyId: string; secretAccessKey: string }

const ROOT: Account = { accessKeyId: 'chaosadmin', secretAccessKey: 'chaosadmin-secret' }

export const ACCOUNTS = {
  signer: { accessKeyId: 'chaos-signer', secretAccessKey: 'chaos-signer-secret' },
  reader: { accessKeyId: 'chaos-reader', secretAccessKey: 'chaos-reader-secret' },
  keeper: { accessKeyId: 'chaos-keeper', secretAccessKey: 'chaos-keeper-secret' },
} satisfies Record<string, Account>

export type Minio = {
  url: string
  /** With the root account, past every policy and every proxy. */
  client: S3Client
  kill: () => Promise<void>
  /** Resolves once it answers. */
  start: () => Promise<void>
}

/** @param webhooks where each event goes: every one of these addresses is told. */
export async function createMinio(
  port: number,
  webhooks: readonly string[],
  { folder, token }: { folder: string; token: string },
): Promise<Minio> {
  const url = `http://127.0.0.1:${port}`
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    credentials: ROOT,
    forcePathStyle: true,
  })
  const env = environment(webhooks, folder, token)
  let running: Process | null = null
  const start = async (): Promise<void> => {
    running = launch({
      command: cached('minio'),
      args: ['server', '--quiet', '--address', `127.0.0.1:${port}`, join(folder, 'minio')],
      env,
      log: join(folder, 'logs', 'minio.log'),
    })
    await until('MinIO', async () => {
      await client.send(new ListBucketsCommand({}))
      return true
    })
  }
  await start()
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  await client.send(notifications(webhooks.length))
  addUsers(url, folder)
  return { url, client, start, kill: async () => running?.kill() }
}

function environment(webhooks: readonly string[], folder: string, token: string) {
  const targets = webhooks.flatMap((endpoint, index) => [
    [`MINIO_NOTIFY_WEBHOOK_ENABLE_berth${index}`, 'on'],
    [`MINIO_NOTIFY_WEBHOOK_ENDPOINT_berth${index}`, endpoint],
    [`MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_berth${index}`, token],
    [`MINIO_NOTIFY_WEBHOOK_QUEUE_DIR_berth${index}`, join(folder, `events-${index}`)],
  ])
  return {
    HOME: folder,
    PATH: process.env['PATH'],
    CI: 'true',
    MINIO_ROOT_USER: ROOT.accessKeyId,
    MINIO_ROOT_PASSWORD: ROOT.secretAccessKey,
    MINIO_BROWSER: 'off',
    MINIO_SITE_REGION: 'us-east-1',
    ...(Object.fromEntries(targets) as Record<string, string>),
  }
}

const notifications = (targets: number) =>
  new PutBucketNotificationConfigurationCommand({
    Bucket: BUCKET,
    NotificationConfiguration: {
      QueueConfigurations: Array.from({ length: targets }, (_, index) => ({
        QueueArn: `arn:minio:sqs::berth${index}:webhook`,
        Events: ['s3:ObjectCreated:*' as const],
        Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'staging/' }] } },
      })),
    },
  })

function addUsers(url: string, folder: string): void {
  const host = url.replace('://', `://${ROOT.accessKeyId}:${ROOT.secretAccessKey}@`)
  const env = { HOME: folder, PATH: process.env['PATH'], MC_HOST_chaos: host }
  const mc = (...args: string[]): void =>
    void execFileSync(cached('mc'), ['--quiet', ...args], { env, stdio: 'pipe' })
  mkdirSync(join(folder, 'policies'))
  for (const [who, { accessKeyId, secretAccessKey }] of Object.entries(ACCOUNTS)) {
    const policy = join(folder, 'policies', `${who}.json`)
    const shipped = readFileSync(`infra/bucket/${who}-policy.json`, 'utf8')
    writeFileSync(policy, shipped.replaceAll('BUCKET', BUCKET))
    mc('admin', 'policy', 'create', 'chaos', accessKeyId, policy)
    mc('admin', 'user', 'add', 'chaos', accessKeyId, secretAccessKey)
    mc('admin', 'policy', 'attach', 'chaos', accessKeyId, '--user', accessKeyId)
  }
}
