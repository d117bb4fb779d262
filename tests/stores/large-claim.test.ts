import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import { someBytes } from '../support/uploads.ts'
import { put } from '../support/world.ts'
import { startMinio, startVersitygw, type RealStore } from './servers.ts'

const MIB = 1024 ** 2
// The path of objects over 5 GiB, at sizes that a test can afford (a part is 5 MiB at least).
const LIMITS = { wholeBytes: 5 * MIB, partBytes: 5 * MIB, patienceMs: 15_000 }
const SIZE = 12 * MIB + 17

describe.each([
  ['MinIO', startMinio],
  ['versitygw', startVersitygw],
])('a claim in parts on %s', (_name, start) => {
  let store: RealStore
  let bucket: Bucket
  let raw: S3Client
  const bytes = someBytes(SIZE)
  const staging = { bucket: 'test-bucket', key: `staging/upl_${'0'.repeat(32)}/${'1'.repeat(32)}` }
  const sealed = { ...staging, key: staging.key.replace('staging', 'objects') }

  beforeAll(async () => {
    store = await start(null)
    bucket = createBucket(store.config, LIMITS)
    raw = new S3Client({
      endpoint: store.url,
      region: 'us-east-1',
      credentials: store.config.keeper ?? { accessKeyId: '', secretAccessKey: '' },
      forcePathStyle: true,
    })
    const terms = { size: SIZE, contentType: 'image/png', sha256: null, ttlSeconds: 60 }
    expect(await put(await bucket.presignPut(staging, terms, new Date()), bytes)).toBe(200)
  })
  afterAll(() => store.close())

  const unfinished = async () =>
    (await raw.send(new ListMultipartUploadsCommand({ Bucket: 'test-bucket' }))).Uploads ?? []
  const seen = async () => {
    const head = await bucket.head(staging)
    return { size: SIZE, etag: head?.etag ?? '', versionId: null, contentType: 'image/gif' }
  }

  it('copies every byte, with our type, and leaves nothing unfinished', async () => {
    expect(await bucket.claim(staging, sealed.key, await seen())).toBe('claimed')
    const stream = await bucket.read(sealed, new AbortController().signal)
    const copied = Buffer.concat(((await stream?.body.toArray()) ?? []) as Buffer[])
    expect(copied.equals(bytes)).toBe(true)
    const head = await raw.send(new HeadObjectCommand({ Bucket: sealed.bucket, Key: sealed.key }))
    expect(head).toMatchObject({ ContentType: 'image/gif', ContentDisposition: 'attachment' })
    expect(await unfinished()).toEqual([])
  })

  it('refuses a source that is another one than was seen, and leaves nothing', async () => {
    const other = { ...sealed, key: `${sealed.key}2` }
    const stale = { ...(await seen()), etag: '"0123456789abcdef0123456789abcdef"' }
    expect(await bucket.claim(staging, other.key, stale)).toBe('changed')
    expect(await bucket.head(other)).toBeNull()
    expect(await unfinished()).toEqual([])
  })

  it('is cleaned up after a crash in the middle', async () => {
    const crashed = { ...sealed, key: `${sealed.key}3` }
    await raw.send(new CreateMultipartUploadCommand({ Bucket: crashed.bucket, Key: crashed.key }))
    await bucket.discard(crashed, SIZE)
    expect(await unfinished()).toEqual([])
  })
})
