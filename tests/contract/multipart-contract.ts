/** The promises about objects in parts that Berth builds on, asked of a store itself. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { BucketConfig, Location } from '../../src/bucket/config.ts'
import type { ListedPart } from '../../src/upload/parts.ts'
import { inTurns } from '../support/embedded.ts'
import { breakOff, send } from '../support/raw-put.ts'
import { someBytes } from '../support/uploads.ts'

export type PartsStore = {
  config: BucketConfig
  /** A part's URL with an unsigned copy source is refused, whatever its signer may read. */
  refusesUnsignedCopies: boolean
  close: () => Promise<void>
}

const MIB = 1024 ** 2
const PART = 5 * MIB
const TYPE = 'image/png'

export function describeMultipartContract(name: string, start: () => Promise<PartsStore>): void {
  describe(`the multipart contract on ${name}`, () => {
    let store: PartsStore
    let bucket: Bucket
    const first = someBytes(PART)
    const last = someBytes(40, 1)

    beforeAll(async () => {
      store = await start()
      bucket = createBucket(store.config)
    })
    afterAll(() => store.close())

    const staging = (): Location => ({
      bucket: store.config.name,
      key: `staging/upl_${randomBytes(16).toString('hex')}/${randomBytes(16).toString('hex')}`,
    })
    const begin = async () => {
      const location = staging()
      return { location, assembly: await bucket.beginAssembly(location, TYPE) }
    }
    type Begun = Awaited<ReturnType<typeof begin>>
    const slotFor = (
      { location, assembly }: Begun,
      number: number,
      size: number,
      now = new Date(),
    ) => bucket.presignPart(location, { assembly, number, size, ttlSeconds: 60 }, now)
    const sendPart = async (begun: Begun, number: number, body: Buffer): Promise<number> =>
      send(await slotFor(begun, number, body.length), body)
    const listed = async ({ location, assembly }: Begun): Promise<ListedPart[]> => {
      const parts = await bucket.listParts(location, assembly)
      if (!parts) throw new Error('no such multipart upload')
      return parts
    }
    const complete = ({ location, assembly }: Begun, parts: readonly ListedPart[]) =>
      bucket.completeAssembly(location, { assembly, parts })
    const unfinishedAt = async ({ key }: Location): Promise<string[]> => {
      const found: string[] = []
      for await (const one of bucket.listAssemblies(store.config.name, key))
        found.push(one.assembly)
      return found
    }
    const bytesAt = async (location: Location): Promise<Buffer> => {
      const stream = await bucket.read(location, new AbortController().signal)
      return Buffer.concat(((await stream?.body.toArray()) ?? []) as Buffer[])
    }
    const bothSent = async (): Promise<Begun> => {
      const begun = await begin()
      expect(await sendPart(begun, 2, last)).toBe(200)
      expect(await sendPart(begun, 1, first)).toBe(200)
      return begun
    }

    it('makes one object of the parts, of the type that was fixed at the beginning', async () => {
      const begun = await bothSent()
      expect(await bucket.head(begun.location)).toBeNull()
      expect(await complete(begun, await listed(begun))).toBe('made')
      const whole = Buffer.concat([first, last])
      expect(await bucket.head(begun.location)).toMatchObject({
        size: whole.length,
        contentType: TYPE,
      })
      expect((await bytesAt(begun.location)).equals(whole)).toBe(true)
      expect(await unfinishedAt(begun.location)).toEqual([])
    })

    it('lists what has arrived, by number, with the length of each', async () => {
      const begun = await begin()
      expect(await listed(begun)).toEqual([])
      await sendPart(begun, 3, last)
      await sendPart(begun, 1, first)
      expect((await listed(begun)).map(({ number, size }) => [number, size])).toEqual([
        [1, PART],
        [3, last.length],
      ])
      await bucket.abortAssemblies(begun.location)
    })

    it('lists more parts than one page holds', async () => {
      const begun = await begin()
      const numbers = Array.from({ length: 1_003 }, (_, index) => index + 1)
      await inTurns(numbers, 20, async (number) => {
        expect(await sendPart(begun, number, last)).toBe(200)
      })
      expect((await listed(begun)).map(({ number }) => number)).toEqual(numbers)
      await bucket.abortAssemblies(begun.location)
    }, 60_000)

    it('refuses a part of another length than was signed, and chunked ones', async () => {
      const begun = await begin()
      const slot = await slotFor(begun, 1, 40)
      for (const [body, change] of [
        [someBytes(41), {}],
        [someBytes(39), {}],
        [someBytes(40), { 'transfer-encoding': 'chunked' }],
      ] as const) {
        const status = await send(slot, body, change)
        expect([status, status >= 400 && status < 500]).toEqual([status, true])
      }
      expect(await listed(begun)).toEqual([])
      await bucket.abortAssemblies(begun.location)
    })

    it('refuses a URL that was turned into another part, upload or key, or has expired', async () => {
      const begun = await begin()
      const other = await begin()
      const { url, ...rest } = await slotFor(begun, 1, 40)
      const old = await slotFor(begun, 1, 40, new Date(Date.now() - 120_000))
      const changed = [
        url.replace('partNumber=1', 'partNumber=2'),
        url.replace(encodeURIComponent(begun.assembly), encodeURIComponent(other.assembly)),
        url.replace(begun.location.key, other.location.key),
        url.replace(/[?&](partNumber|uploadId)=[^&]*/g, (pair) =>
          pair.startsWith('?') ? '?' : '',
        ),
        old.url,
      ]
      for (const tampered of changed) {
        const status = await send({ ...rest, url: tampered }, someBytes(40))
        expect([status, status >= 400 && status < 500]).toEqual([status, true])
      }
      for (const one of [begun, other]) {
        expect(await listed(one)).toEqual([])
        expect(await bucket.head(one.location)).toBeNull()
        await bucket.abortAssemblies(one.location)
      }
    })

    it('refuses a URL of a part that is turned into a copy of another object, or is declared to copy what the signer may read', async () => {
      const begun = await bothSent()
      await complete(begun, await listed(begun))
      const thief = await begin()
      const { bucket: name, key } = begun.location
      const stolen = { 'x-amz-copy-source': `/${name}/${key}` }
      const statuses: number[] = []
      for (const body of [Buffer.alloc(0), last]) {
        statuses.push(await send(await slotFor(thief, 1, body.length), body, stolen))
      }
      const isRefused = statuses.every((status) => status >= 400 && status < 500)
      expect([statuses, isRefused]).toEqual([statuses, store.refusesUnsignedCopies])
      expect((await listed(thief)).length === 0).toBe(store.refusesUnsignedCopies)
      await bucket.abortAssemblies(thief.location)
    })

    it('keeps nothing of a part that breaks off', async () => {
      const begun = await begin()
      await breakOff(await slotFor(begun, 1, 40), someBytes(40))
      expect(await listed(begun)).toEqual([])
      await bucket.abortAssemblies(begun.location)
    })

    it('says so when a part is another one than was listed, and makes nothing', async () => {
      const begun = await bothSent()
      const before = await listed(begun)
      const replaced = someBytes(PART, 7)
      await sendPart(begun, 1, replaced)
      expect(await complete(begun, before)).toBe('changed')
      expect(await bucket.head(begun.location)).toBeNull()
      expect(await complete(begun, await listed(begun))).toBe('made')
      expect((await bytesAt(begun.location)).equals(Buffer.concat([replaced, last]))).toBe(true)
    })

    it('makes one object of two completions at once, and says so to the other', async () => {
      const begun = await bothSent()
      const parts = await listed(begun)
      const told = await Promise.all([complete(begun, parts), complete(begun, parts)])
      expect(told).toContain('made')
      for (const outcome of told) expect(['made', 'exists', 'gone', 'changed']).toContain(outcome)
      expect(await bucket.head(begun.location)).toMatchObject({ size: PART + last.length })
      expect(['exists', 'gone', 'made']).toContain(await complete(begun, parts))
      expect((await bytesAt(begun.location)).equals(Buffer.concat([first, last]))).toBe(true)
    })

    it('never overwrites an object that is there already', async () => {
      const begun = await bothSent()
      const terms = { size: 40, contentType: TYPE, sha256: null, ttlSeconds: 60 }
      const slot = await bucket.presignPut(begun.location, terms, new Date())
      expect(await send(slot, someBytes(40, 3))).toBe(200)
      expect(await complete(begun, await listed(begun))).toBe('exists')
      expect(await bytesAt(begun.location)).toEqual(someBytes(40, 3))
      await bucket.abortAssemblies(begun.location)
      expect(await unfinishedAt(begun.location)).toEqual([])
    })

    it('after an end knows the upload no more, takes no part, and makes nothing', async () => {
      const begun = await bothSent()
      const parts = await listed(begun)
      const slot = await slotFor(begun, 1, 40)
      await bucket.abortAssembly(begun.location, begun.assembly)
      await bucket.abortAssembly(begun.location, begun.assembly)
      expect(await bucket.listParts(begun.location, begun.assembly)).toBeNull()
      expect(await send(slot, someBytes(40))).toBe(404)
      expect(await complete(begun, parts)).toBe('gone')
      expect(await bucket.head(begun.location)).toBeNull()
      expect(await unfinishedAt(begun.location)).toEqual([])
    })

    it('takes no part of an upload that was made whole', async () => {
      const begun = await bothSent()
      const slot = await slotFor(begun, 1, 40)
      expect(await complete(begun, await listed(begun))).toBe('made')
      expect(await send(slot, someBytes(40))).toBe(404)
      expect(await bucket.listParts(begun.location, begun.assembly)).toBeNull()
    })

    it('finds and ends all that is unfinished at a key, though nobody knows its names', async () => {
      const begun = await begin()
      await bucket.beginAssembly(begun.location, TYPE)
      await sendPart(begun, 1, last)
      expect(await unfinishedAt(begun.location)).toHaveLength(2)
      await bucket.abortAssemblies(begun.location)
      await bucket.abortAssemblies(begun.location)
      expect(await unfinishedAt(begun.location)).toEqual([])
    })

    it('claims an object that came in parts, only while it is the one that was seen', async () => {
      const begun = await bothSent()
      await complete(begun, await listed(begun))
      const seen = await bucket.head(begun.location)
      const size = PART + last.length
      const as = { size, etag: seen?.etag ?? '', versionId: null, contentType: TYPE }
      // The way of objects over 5 GiB, and that of all others.
      const inParts = createBucket(store.config, {
        wholeBytes: PART,
        partBytes: PART,
        patienceMs: 15_000,
      })
      for (const [claimer, nonce] of [
        [bucket, 'a'],
        [inParts, 'b'],
      ] as const) {
        const key = `${begun.location.key.replace('staging', 'objects')}${nonce}`
        const sealed = { ...begun.location, key }
        const other = { ...as, etag: '"0123456789abcdef0123456789abcdef-2"' }
        expect(await claimer.claim(begun.location, key, other)).toBe('changed')
        expect(await claimer.claim(begun.location, key, as)).toBe('claimed')
        expect((await bytesAt(sealed)).equals(Buffer.concat([first, last]))).toBe(true)
        expect(await unfinishedAt(sealed)).toEqual([])
      }
    })
  })
}
