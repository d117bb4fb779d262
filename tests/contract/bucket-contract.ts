/** The promises that Berth builds on, asked of a store itself: one suite for every store. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { GetObjectTaggingCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { BucketConfig, Location } from '../../src/bucket/config.ts'
import type { SlotTerms } from '../../src/bucket/slots.ts'
import { breakOff, send } from '../support/raw-put.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'

/**
 * What a store may lack without Berth losing a guarantee: each is said by name, and the suite
 * checks that a store which is said to lack it really does, so no row can go stale.
 */
export type Capabilities = {
  /** A PUT whose body has another SHA-256 than its signed checksum header is refused. */
  enforcesChecksum: boolean
  /** A second PUT with `if-none-match: *` is refused. */
  enforcesSingleUse: boolean
  /** A PUT that carries unsigned tags is refused rather than stored. */
  refusesUnsignedTags: boolean
  /** HEAD tells the SHA-256 that was sent with the PUT. */
  tellsChecksum: boolean
  /** `response-content-type` and `-disposition` of a presigned GET are obeyed. */
  overridesResponseHeaders: boolean
}

/** For the table that `make stores` prints. */
function recordCapabilities(name: string, capabilities: Capabilities): void {
  mkdirSync('test-output/capabilities', { recursive: true })
  writeFileSync(`test-output/capabilities/${name}.json`, JSON.stringify(capabilities))
}

export type ContractStore = {
  config: BucketConfig
  capabilities: Capabilities
  close: () => Promise<void>
}

const TERMS: SlotTerms = {
  size: 40,
  contentType: 'image/png',
  sha256: null,
  ttlSeconds: 60,
}
const BYTES = someBytes(40)

export function describeBucketContract(name: string, start: () => Promise<ContractStore>): void {
  describe(`the bucket contract on ${name}`, () => {
    let store: ContractStore
    let bucket: Bucket
    let raw: S3Client

    beforeAll(async () => {
      store = await start()
      bucket = createBucket(store.config)
      const { endpoint, region, keeper } = store.config
      raw = new S3Client({
        endpoint: endpoint ?? '',
        region,
        credentials: keeper ?? { accessKeyId: '', secretAccessKey: '' },
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
      })
    })
    afterAll(async () => {
      recordCapabilities(name, store.capabilities)
      await store.close()
    })

    const staging = (): Location => ({
      bucket: store.config.name,
      key: `staging/upl_${randomBytes(16).toString('hex')}/${randomBytes(16).toString('hex')}`,
    })
    const slotFor = (location: Location, change: Partial<SlotTerms> = {}, now = new Date()) =>
      bucket.presignPut(location, { ...TERMS, ...change }, now)

    /** Asserts a refusal, and that it left nothing behind. */
    async function refused(location: Location, status: Promise<number>): Promise<void> {
      const answered = await status
      expect([answered, answered >= 400 && answered < 500]).toEqual([answered, true])
      expect(await bucket.head(location)).toBeNull()
    }

    it('accepts just the PUT that was promised, and HEAD tells its size, type and ETag', async () => {
      const location = staging()
      expect(await send(await slotFor(location), BYTES)).toBe(200)
      expect(await bucket.head(location)).toMatchObject({
        size: 40,
        contentType: 'image/png',
        etag: expect.stringMatching(/^".+"$/),
      })
    })

    it('refuses a body that is one byte longer', async () => {
      const location = staging()
      await refused(location, send(await slotFor(location), someBytes(41)))
    })

    it('refuses a body that is one byte shorter', async () => {
      const location = staging()
      await refused(location, send(await slotFor(location), someBytes(39)))
    })

    it('refuses a chunked body', async () => {
      const location = staging()
      await refused(
        location,
        send(await slotFor(location), BYTES, { 'transfer-encoding': 'chunked' }),
      )
    })

    it('refuses another content type, and none', async () => {
      const location = staging()
      const slot = await slotFor(location)
      await refused(location, send(slot, BYTES, { 'content-type': 'text/html' }))
      await refused(location, send(slot, BYTES, { 'content-type': undefined }))
    })

    it('refuses a PUT that leaves the single-use header out', async () => {
      const location = staging()
      await refused(location, send(await slotFor(location), BYTES, { 'if-none-match': undefined }))
    })

    it('refuses a second PUT while the first object is there, or is declared not to', async () => {
      const location = staging()
      const slot = await slotFor(location)
      expect(await send(slot, BYTES)).toBe(200)
      const again = await send(slot, someBytes(40, 1))
      expect(again === 412).toBe(store.capabilities.enforcesSingleUse)
    })

    it('lets one of ten PUTs at a time through, or is declared not to', async () => {
      const location = staging()
      const slot = await slotFor(location)
      const statuses = await Promise.all(Array.from({ length: 10 }, () => send(slot, BYTES)))
      const won = statuses.filter((status) => status === 200).length
      expect(won === 1).toBe(store.capabilities.enforcesSingleUse)
    })

    it('refuses a body with another SHA-256 than the signed one, or is declared not to', async () => {
      const location = staging()
      const slot = await slotFor(location, { sha256: sha256Of(someBytes(40, 9)) })
      const status = await send(slot, BYTES)
      expect(status >= 400).toBe(store.capabilities.enforcesChecksum)
      expect((await bucket.head(location)) === null).toBe(store.capabilities.enforcesChecksum)
    })

    it('refuses a changed or missing checksum header', async () => {
      const location = staging()
      const slot = await slotFor(location, { sha256: sha256Of(someBytes(40, 9)) })
      const other = { 'x-amz-checksum-sha256': sha256Of(BYTES) }
      await refused(location, send(slot, BYTES, other))
      await refused(location, send(slot, BYTES, { 'x-amz-checksum-sha256': undefined }))
    })

    it('tells the SHA-256 of the PUT on HEAD, or is declared not to', async () => {
      const location = staging()
      await send(await slotFor(location, { sha256: sha256Of(BYTES) }), BYTES)
      const head = new HeadObjectCommand({
        Bucket: location.bucket,
        Key: location.key,
        ChecksumMode: 'ENABLED',
      })
      const told = (await raw.send(head)).ChecksumSHA256
      expect(told === sha256Of(BYTES)).toBe(store.capabilities.tellsChecksum)
    })

    it('refuses an expired slot', async () => {
      const location = staging()
      const slot = await slotFor(location, { ttlSeconds: 1 }, new Date(Date.now() - 60_000))
      await refused(location, send(slot, BYTES))
    })

    it('refuses a slot whose key, expiry or signature was tampered with', async () => {
      const location = staging()
      const { url, ...rest } = await slotFor(location)
      const changed = [
        url.replace(/(staging\/upl_)./, '$1x'),
        url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
        url.replace(/X-Amz-Signature=./, 'X-Amz-Signature=z'),
      ]
      for (const tampered of changed) {
        await refused(location, send({ ...rest, url: tampered }, BYTES))
      }
    })

    it('refuses a slot URL for GET and DELETE, and anything unsigned', async () => {
      const location = staging()
      const slot = await slotFor(location)
      expect(await send(slot, BYTES)).toBe(200)
      for (const method of ['GET', 'DELETE']) {
        const answer = await fetch(slot.url, { method })
        expect(answer.status).toBeGreaterThanOrEqual(400)
      }
      const [bare = ''] = slot.url.split('?')
      expect((await fetch(bare)).status).toBe(403)
      expect(await bucket.head(location)).not.toBeNull()
    })

    it('keeps nothing of a body that breaks off', async () => {
      const location = staging()
      await breakOff(await slotFor(location), BYTES)
      expect(await bucket.head(location)).toBeNull()
    })

    it('claims an object only while it is the one that was seen', async () => {
      const location = staging()
      await send(await slotFor(location), BYTES)
      const seen = await bucket.head(location)
      const as = { size: 40, etag: seen?.etag ?? '', versionId: null, contentType: 'image/png' }
      const sealed = location.key.replace('staging', 'objects')

      expect(await bucket.claim(location, sealed, { ...as, etag: '"other"' })).toBe('changed')
      expect(await bucket.head({ ...location, key: sealed })).toBeNull()
      expect(await bucket.claim(staging(), sealed, as)).toBe('gone')
      expect(await bucket.claim(location, sealed, as)).toBe('claimed')
      expect(await bytesAt({ ...location, key: sealed })).toEqual(BYTES)
    })

    it('replaces what a client smuggled past the signature: cache, encoding and tags', async () => {
      const location = staging()
      const tagged = await send(await slotFor(location), BYTES, { 'x-amz-tagging': 'a=b' })
      expect(tagged >= 400).toBe(store.capabilities.refusesUnsignedTags)
      if (tagged >= 400) await send(await slotFor(location), BYTES, SMUGGLED)
      else await send(await slotFor(location), BYTES)

      const seen = await bucket.head(location)
      const sealed = { ...location, key: location.key.replace('staging', 'objects') }
      const as = { size: 40, etag: seen?.etag ?? '', versionId: null, contentType: 'image/gif' }
      expect(await bucket.claim(location, sealed.key, as)).toBe('claimed')

      const at = { Bucket: sealed.bucket, Key: sealed.key }
      const head = await raw.send(new HeadObjectCommand(at))
      expect(head).toMatchObject({ ContentType: 'image/gif', ContentDisposition: 'attachment' })
      expect(head.CacheControl).toBeUndefined()
      expect(head.ContentEncoding).toBeUndefined()
      expect(await tagsAt(at)).toEqual([])
    })

    it('keeps the claimed bytes when the source is overwritten or deleted', async () => {
      const location = staging()
      await send(await slotFor(location), BYTES)
      const seen = await bucket.head(location)
      const sealed = { ...location, key: location.key.replace('staging', 'objects') }
      const as = { size: 40, etag: seen?.etag ?? '', versionId: null, contentType: 'image/png' }
      await bucket.claim(location, sealed.key, as)
      await bucket.remove(location)
      await send(await slotFor(location), someBytes(40, 3))
      expect(await bytesAt(sealed)).toEqual(BYTES)
    })

    it('streams an object with its length, and says null for one that is absent', async () => {
      const location = staging()
      const large = someBytes(300_000)
      await send(await slotFor(location, { size: large.length }), large)
      expect(await bytesAt(location)).toEqual(large)
      expect(await bucket.read(staging(), new AbortController().signal)).toBeNull()
    })

    it('deletes an object, and an absent one without complaint', async () => {
      const location = staging()
      await send(await slotFor(location), BYTES)
      await bucket.remove(location)
      await bucket.remove(location)
      expect(await bucket.head(location)).toBeNull()
    })

    it('gives a download that is signed, forced to the chosen type and name, and expires', async () => {
      const location = staging()
      const sealed = { ...location, key: location.key.replace('staging', 'objects') }
      await send(await slotFor(location), BYTES)
      const seen = await bucket.head(location)
      await bucket.claim(location, sealed.key, {
        size: 40,
        etag: seen?.etag ?? '',
        versionId: null,
        contentType: 'image/png',
      })
      const terms = { filename: 'é "x".png', contentType: 'image/gif', ttlSeconds: 60 }
      const { url } = await bucket.presignGet(sealed, terms, new Date())
      const answer = await fetch(url)
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(BYTES)
      const forced =
        answer.headers.get('content-type') === 'image/gif' &&
        (answer.headers.get('content-disposition') ?? '').includes("filename*=UTF-8''%C3%A9")
      expect(forced).toBe(store.capabilities.overridesResponseHeaders)

      expect((await fetch(url.replace('image%2Fgif', 'text%2Fhtml'))).status).toBe(403)
      const old = await bucket.presignGet(
        sealed,
        { ...terms, ttlSeconds: 1 },
        new Date(Date.now() - 60_000),
      )
      expect((await fetch(old.url)).status).toBe(403)
    })

    it('lists every key below a prefix, over all pages', async () => {
      const folder = `staging/many-${randomBytes(8).toString('hex')}/`
      const keys = Array.from(
        { length: 1_001 },
        (_, nth) => `${folder}${String(nth).padStart(4, '0')}`,
      )
      const one = { size: 1, contentType: 'text/plain' }
      await inTurns(keys, 20, async (key) => {
        await send(await slotFor({ bucket: store.config.name, key }, one), Buffer.from('x'))
      })
      const found: string[] = []
      for await (const { key, size } of bucket.list(store.config.name, folder)) {
        found.push(key)
        expect(size).toBe(1)
      }
      expect(found).toEqual(keys)
    })

    async function bytesAt(location: Location): Promise<Buffer> {
      const stream = await bucket.read(location, new AbortController().signal)
      const chunks = await stream?.body.toArray()
      const bytes = Buffer.concat((chunks ?? []) as Buffer[])
      expect(stream?.contentLength).toBe(bytes.length)
      return bytes
    }

    async function tagsAt(at: { Bucket: string; Key: string }) {
      try {
        return (await raw.send(new GetObjectTaggingCommand(at))).TagSet ?? []
      } catch (error) {
        // versitygw says so when there are none.
        if ((error as Error).name === 'NoSuchTagSet') return []
        throw error
      }
    }
  })
}

/** Every item, `width` at a time. */
async function inTurns<T>(items: T[], width: number, run: (item: T) => Promise<void>) {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await run(item)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

const SMUGGLED = { 'cache-control': 'max-age=1', 'content-encoding': 'br' }
