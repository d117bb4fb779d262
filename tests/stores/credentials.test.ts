import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBucket } from '../../src/bucket/bucket.ts'
import type { StorageCredentials } from '../../src/bucket/config.ts'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { cached } from '../support/processes.ts'
import { BUCKET } from '../support/world.ts'
import { ROOT, startMinio, type RealStore } from './servers.ts'
import { uploadOnce } from './upload-once.ts'

type Who = 'signer' | 'reader' | 'keeper'

let store: RealStore
let berth: Berth
let folder: string
const users: Record<Who, StorageCredentials> = {
  signer: { accessKeyId: 'berth-signer', secretAccessKey: 'signer-secret-1' },
  reader: { accessKeyId: 'berth-reader', secretAccessKey: 'reader-secret-1' },
  keeper: { accessKeyId: 'berth-keeper', secretAccessKey: 'keeper-secret-1' },
}

/** MinIO's admin API, by its own client. */
function mc(...args: string[]): void {
  const host = store.url.replace('://', `://${ROOT.accessKeyId}:${ROOT.secretAccessKey}@`)
  const env = { HOME: folder, PATH: process.env['PATH'], MC_HOST_berth: host }
  execFileSync(cached('mc'), ['--quiet', ...args], { env, stdio: 'pipe' })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-policies-'))
  store = await startMinio(null)
  for (const [who, { accessKeyId, secretAccessKey }] of Object.entries(users)) {
    const policy = join(folder, `${who}.json`)
    const shipped = readFileSync(`infra/bucket/${who}-policy.json`, 'utf8')
    writeFileSync(policy, shipped.replaceAll('BUCKET', BUCKET))
    mc('admin', 'policy', 'create', 'berth', accessKeyId, policy)
    mc('admin', 'user', 'add', 'berth', accessKeyId, secretAccessKey)
    mc('admin', 'policy', 'attach', 'berth', accessKeyId, '--user', accessKeyId)
  }
  berth = await createBerth({ ...store.config, ...users })
  await berth.start()
})
afterAll(async () => {
  await berth.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

const clientOf = (who: Who): S3Client =>
  new S3Client({
    endpoint: store.url,
    region: 'us-east-1',
    credentials: users[who],
    forcePathStyle: true,
  })

const at = (Key: string) => ({ Bucket: BUCKET, Key })

describe('the shipped policies on MinIO', () => {
  it('are enough for a whole upload, found by complete, and its later clean-up', async () => {
    const body = { filename: 'f', contentType: 'image/png', size: 70 }
    const { id } = await call(berth, 'POST', '/v1/uploads', body)
    const causes = await uploadOnce(berth)
    expect(causes.at(-1)).toBe('worker')
    await call(berth, 'DELETE', `/v1/uploads/${id}`)
    const bucket = createBucket({ ...store.config, ...users })
    for await (const { key, size } of bucket.list(BUCKET, '')) {
      await bucket.discard({ bucket: BUCKET, key }, size)
    }
  })

  it('leave the id of the keeper out of every URL', async () => {
    const body = { filename: 'f', contentType: 'image/png', size: 70 }
    const { slot } = await call(berth, 'POST', '/v1/uploads', body)
    expect(slot?.url).toContain('X-Amz-Credential=berth-signer')
    const bucket = createBucket({ ...store.config, ...users })
    const terms = { filename: 'f', contentType: 'image/png', ttlSeconds: 60 }
    const { url } = await bucket.presignGet({ bucket: BUCKET, key: 'objects/x' }, terms, new Date())
    expect(url).toContain('X-Amz-Credential=berth-reader')
  })

  const refusals: [Who, string, (client: S3Client) => Promise<unknown>][] = [
    ['signer', 'get from staging', (c) => c.send(new GetObjectCommand(at('staging/x')))],
    ['signer', 'get from objects', (c) => c.send(new GetObjectCommand(at('objects/x')))],
    ['signer', 'look at an object', (c) => c.send(new HeadObjectCommand(at('objects/x')))],
    [
      'signer',
      'put to objects',
      (c) => c.send(new PutObjectCommand({ ...at('objects/x'), Body: 'x' })),
    ],
    ['signer', 'put elsewhere', (c) => c.send(new PutObjectCommand({ ...at('x'), Body: 'x' }))],
    ['signer', 'delete', (c) => c.send(new DeleteObjectCommand(at('staging/x')))],
    ['signer', 'list', (c) => c.send(new ListObjectsV2Command({ Bucket: BUCKET }))],
    ['reader', 'get from staging', (c) => c.send(new GetObjectCommand(at('staging/x')))],
    [
      'reader',
      'put to staging',
      (c) => c.send(new PutObjectCommand({ ...at('staging/x'), Body: 'x' })),
    ],
    [
      'reader',
      'put to objects',
      (c) => c.send(new PutObjectCommand({ ...at('objects/x'), Body: 'x' })),
    ],
    ['reader', 'delete', (c) => c.send(new DeleteObjectCommand(at('objects/x')))],
    ['reader', 'list', (c) => c.send(new ListObjectsV2Command({ Bucket: BUCKET }))],
    [
      'keeper',
      'put to staging',
      (c) => c.send(new PutObjectCommand({ ...at('staging/x'), Body: 'x' })),
    ],
  ]
  it.each(refusals)('do not let the %s %s', async (who, _what, attempt) => {
    await expect(attempt(clientOf(who))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('keep objects/ unwritten by a forger who knows the access key id of a slot URL', async () => {
    const key = `objects/upl_${'a'.repeat(32)}/${'b'.repeat(32)}`
    for (const id of Object.values(users).map(({ accessKeyId }) => accessKeyId)) {
      if (id === users.keeper.accessKeyId) continue
      for (const signature of ['0'.repeat(64), '']) {
        expect(await forge(key, id, signature)).toBeGreaterThanOrEqual(400)
      }
    }
    const bucket = createBucket({ ...store.config, ...users })
    expect(await bucket.head({ bucket: BUCKET, key })).toBeNull()
  })
})

/** A PUT without a valid signature: the credential in the query, the body with an unsigned trailer. */
function forge(key: string, accessKeyId: string, signature: string): Promise<number> {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${accessKeyId}/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
    'X-Amz-Date': date,
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': signature,
  })
  // With a wrong checksum it would be refused for that alone.
  const body = '5\r\nforge\r\n0\r\nx-amz-checksum-crc32:8wRGLA==\r\n\r\n'
  return new Promise((resolve, reject) => {
    const outgoing = request(`${store.url}/${BUCKET}/${key}?${query.toString()}`, {
      method: 'PUT',
      agent: false,
      headers: {
        'content-length': Buffer.byteLength(body),
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        'x-amz-decoded-content-length': '5',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
    })
    outgoing.on('response', (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
