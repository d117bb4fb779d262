import { afterEach, describe, expect, it } from '@jest/globals'
import { retryFailed } from '../../src/broker/retry-failed.ts'
import { listHistory } from '../../src/store/history.ts'
import { findById } from '../../src/store/uploads.ts'
import type { Bucket } from '../../src/bucket/bucket.ts'
import { storageUnavailable } from '../../src/problems.ts'
import { PNG, requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import {
  createWorld,
  download,
  keysBelow,
  put,
  type World,
  type WorldOptions,
} from '../support/world.ts'

let world: World

afterEach(() => world.close())

/** Issues, PUTs and notes the arrival of these bytes. */
async function landed(bytes: Buffer, options: WorldOptions = {}, change = {}) {
  world = await createWorld(options)
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes, change))
  expect(await put(slot, bytes)).toBe(200)
  await world.broker.completeUpload('t', upload.id)
  return { upload, slot }
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(storageUnavailable()))
  })

const stateOf = async (id: string) => (await findById(world.store, id))?.state

describe('verifyUpload', () => {
  it('makes the upload ready with the SHA-256 of the bytes that are served', async () => {
    const bytes = someBytes(100_000)
    const { upload } = await landed(bytes)
    await world.work()

    const { url, object } = await world.broker.downloadUpload('t', upload.id, null)
    expect(object).toMatchObject({ sha256: sha256Of(bytes), size: bytes.length, scan: 'off' })
    expect(sha256Of((await download(url)).bytes)).toBe(object.sha256)
  })

  it('costs four calls of the store: HEAD, copy, GET, and later the delete', async () => {
    const { upload } = await landed(someBytes(10))
    await world.work()
    world.clock.advance(7200)
    await world.broker.sweepStaging(10)

    const calls = world.called
      .filter(({ accessKeyId }) => accessKeyId === 'dev-keeper')
      .map(({ operation }) => operation)
    expect(calls).toEqual(['HeadObject', 'CopyObject', 'GetObject', 'DeleteObject'])
    expect(await stateOf(upload.id)).toBe('ready')
  })

  it('rejects other bytes than the declared SHA-256, and leaves no copy behind', async () => {
    const { upload } = await landed(
      someBytes(10),
      { protections: { checksum: false } },
      { sha256: sha256Of('something else') },
    )
    await world.work()

    const rejected = await findById(world.store, upload.id)
    expect(rejected).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'sha256-mismatch', observed: sha256Of(someBytes(10)) },
    })
    expect(await keysBelow(world, 'objects/')).toEqual([])
  })

  it('rejects by the HEAD alone, without reading, when the length is wrong', async () => {
    world = await createWorld({ protections: { signature: false } })
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(someBytes(10)))
    await put(slot, someBytes(11))
    await world.broker.completeUpload('t', upload.id)
    await world.work()

    expect(await findById(world.store, upload.id)).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'size-mismatch', expected: '10 bytes', observed: '11 bytes' },
    })
    expect(world.called.map(({ operation }) => operation)).not.toContain('GetObject')
  })

  it('rejects HTML that was declared as an image', async () => {
    const html = Buffer.from('<html><script>alert(1)</script>')
    const { upload } = await landed(html, {}, { contentType: 'image/png' })
    await world.work()
    expect(await findById(world.store, upload.id)).toMatchObject({
      rejection: { reason: 'content-type-mismatch', observed: 'text/html' },
    })
  })

  it('drops the cache-control, encoding and tags that a client smuggled past the signature', async () => {
    world = await createWorld()
    const { upload, slot } = await world.broker.issueSlot(
      't',
      requestFor(PNG, { contentType: 'image/png' }),
    )
    const smuggled = {
      'cache-control': 'max-age=1',
      'content-encoding': 'br',
      'x-amz-tagging': 'public=yes',
    }
    expect(await put(slot, PNG, smuggled)).toBe(200)
    await world.broker.completeUpload('t', upload.id)
    await world.work()

    const { url } = await world.broker.downloadUpload('t', upload.id, null)
    const { headers } = await download(url)
    expect(headers.get('cache-control')).toBeNull()
    expect(headers.get('content-encoding')).toBeNull()
    expect(headers.get('content-type')).toBe('image/png')
  })

  it('goes back to the queue, never to a verdict, when the store fails, and ends ready later', async () => {
    let failures = 3
    const spoil = (bucket: Bucket): Bucket => ({
      ...bucket,
      read: (location, signal) => {
        failures -= 1
        return failures < 0 ? bucket.read(location, signal) : Promise.reject(storageUnavailable())
      },
    })
    const { upload } = await landed(someBytes(10), { spoil })
    for (let tries = 0; tries < 4; tries += 1) {
      await world.work()
      world.clock.advance(10)
    }
    expect(await stateOf(upload.id)).toBe('ready')
    const states = (await listHistory(world.store, upload.id)).map(({ state }) => state)
    expect(states).not.toContain('rejected')
    expect(states.filter((state) => state === 'verifying')).toHaveLength(4)
  })

  it('takes a stream that ends early for a fault of the transfer, never for a verdict', async () => {
    const spoil = (bucket: Bucket): Bucket => ({
      ...bucket,
      read: async (location, signal) => {
        const stream = await bucket.read(location, signal)
        return stream && { ...stream, contentLength: stream.contentLength + 1 }
      },
    })
    const { upload } = await landed(someBytes(10), { spoil })
    await world.work()
    expect(await stateOf(upload.id)).toBe('received')
  })

  it('fails only after the give-up time, keeps the bytes, and is ready once an operator reopens it', async () => {
    let isDown = true
    const spoil = (bucket: Bucket): Bucket => ({
      ...bucket,
      claim: (...args) => (isDown ? Promise.reject(storageUnavailable()) : bucket.claim(...args)),
    })
    const { upload } = await landed(someBytes(10), { spoil })
    await world.work()
    expect(await stateOf(upload.id)).toBe('received')
    world.clock.advance(90_000)
    await world.work()
    expect(await stateOf(upload.id)).toBe('failed')

    expect(await world.broker.sweepStaging(10)).toBe(0)
    isDown = false
    await retryFailed({ store: world.store, now: world.clock.now }, upload.id)
    await world.work()
    expect(await stateOf(upload.id)).toBe('ready')
    expect(await world.broker.sweepStaging(10)).toBe(1)
  })

  it('returns to pending when the object is gone before it is claimed', async () => {
    const { upload } = await landed(someBytes(10))
    await world.bucket.remove({ bucket: upload.bucket, key: upload.stagingKey })
    await world.work()
    expect(await stateOf(upload.id)).toBe('pending')
  })

  it('gives up on a source that changes at every claim, after five', async () => {
    let claims = 0
    const spoil = (bucket: Bucket): Bucket => ({
      ...bucket,
      claim: () => {
        claims += 1
        return Promise.resolve('changed')
      },
    })
    const { upload } = await landed(someBytes(10), { spoil })
    await world.work()
    expect(await findById(world.store, upload.id)).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'unstable-source' },
    })
    expect(claims).toBe(5)
  })

  it('lets one of two workers have the upload', async () => {
    const { upload } = await landed(someBytes(10))
    const [received] = await world.broker.nextVerifications(1)
    const never = new AbortController().signal
    if (!received) throw new Error('nothing to verify')
    await Promise.all([
      world.broker.verifyUpload(received, never),
      world.broker.verifyUpload(received, never),
    ])
    const states = (await listHistory(world.store, upload.id)).map(({ state }) => state)
    expect(states).toEqual(['pending', 'received', 'verifying', 'ready'])
    expect(await keysBelow(world, 'objects/')).toHaveLength(1)
  })

  it('collects the copy of a worker that lost its lease, and keeps the one that became ready', async () => {
    let stall = true
    const spoil = (bucket: Bucket): Bucket => ({
      ...bucket,
      read: (location, signal) => (stall ? untilAborted(signal) : bucket.read(location, signal)),
    })
    const { upload } = await landed(someBytes(10), { spoil })
    const [received] = await world.broker.nextVerifications(1)
    if (!received) throw new Error('nothing to verify')
    const zombie = new AbortController()
    const ended = world.broker.verifyUpload(received, zombie.signal)
    while ((await keysBelow(world, 'objects/')).length === 0) await new Promise(setImmediate)

    world.clock.advance(31)
    expect(await world.broker.sweepLeases(10)).toBe(1)
    stall = false
    await world.work()
    expect(await stateOf(upload.id)).toBe('ready')
    expect(await keysBelow(world, 'objects/')).toHaveLength(2)

    world.clock.advance(61)
    expect(await world.broker.sweepClaims(10)).toBe(1)
    const ready = await findById(world.store, upload.id)
    expect(await keysBelow(world, 'objects/')).toEqual([ready?.sealedKey])
    zombie.abort()
    await ended
    expect(await stateOf(upload.id)).toBe('ready')
  })
})
