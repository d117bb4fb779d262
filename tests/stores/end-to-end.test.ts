import { afterEach, describe, expect, it } from '@jest/globals'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { inTurns } from '../support/embedded.ts'
import { freePort } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { EVENTS_TOKEN, put } from '../support/world.ts'
import { bucketConfigFor, startMinio, startVersitygw, type RealStore } from './servers.ts'
import { uploadOnce } from './upload-once.ts'

type Start = typeof startMinio

let berth: Berth | null = null
let store: RealStore | null = null

afterEach(async () => {
  await store?.close()
  await berth?.close()
})

/** Berth first: versitygw refuses to start when nobody answers its test event. */
async function start(startStore: Start, queue: boolean): Promise<Berth> {
  const port = await freePort()
  berth = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`))
  await berth.start()
  store = await startStore({ url: `${berth.url}/events/s3`, token: EVENTS_TOKEN, queue }, port)
  return berth
}

describe.each<[string, Start, boolean]>([
  ['MinIO with QUEUE_DIR', startMinio, true],
  ['MinIO without QUEUE_DIR', startMinio, false],
  ['versitygw', startVersitygw, false],
])('an upload through %s', (_name, startStore, queue) => {
  it("is told of by the store's own webhook, verified, and served as it was verified", async () => {
    const running = await start(startStore, queue)
    expect(await uploadOnce(running)).toEqual(['api', 'event', 'worker', 'worker'])
  })
})

describe.each([
  ['with QUEUE_DIR', true],
  ['without QUEUE_DIR', false],
])('Berth stopped for a minute while MinIO %s takes 200 uploads', (_name, queue) => {
  it('makes all of them ready once it is back', async () => {
    const running = await start(startMinio, queue)
    const promised = new Map<string, string>()
    const slots = await issueMany(running, promised)
    await running.stop()
    const stoppedAt = Date.now()
    await inTurns(slots, 8, async ({ slot, bytes }) => {
      expect(await put(slot, bytes)).toBe(200)
    })
    // The minute is the point: MinIO gives up on events that it does not keep.
    await new Promise((resolve) => setTimeout(resolve, 60_000 - (Date.now() - stoppedAt)))
    await running.start()
    const startedAt = Date.now()
    await inTurns(promised, 50, async ([id, sha256]) => {
      expect(await untilFinal(running, id)).toMatchObject({ state: 'ready', object: { sha256 } })
    })
    const seconds = (Date.now() - startedAt) / 1000
    process.stdout.write(`MinIO ${_name}: 200 uploads ready ${seconds} s after the restart\n`)
  }, 180_000)
})

async function issueMany(running: Berth, promised: Map<string, string>) {
  const slots = []
  for (let nth = 0; nth < 200; nth += 1) {
    const bytes = someBytes(1000, nth)
    const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
    const { id, slot } = await call(running, 'POST', '/v1/uploads', body)
    if (!slot) throw new Error('no slot')
    promised.set(id, sha256Of(bytes))
    slots.push({ slot, bytes })
  }
  return slots
}

describe('all events lost', () => {
  it('leaves 95 % of 100 uploads ready within 60 s of their PUT', async () => {
    const port = await freePort()
    berth = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`))
    await berth.start()
    store = await startMinio(null, port)
    const running = berth
    const seconds: number[] = []
    await inTurns(Array.from({ length: 100 }).keys(), 50, async (nth) => {
      const bytes = someBytes(100, nth)
      const body = { filename: 'f', contentType: 'application/octet-stream', size: 100 }
      const { id, slot } = await call(running, 'POST', '/v1/uploads', body)
      if (slot) await put(slot, bytes)
      const putAt = Date.now()
      expect((await untilFinal(running, id)).state).toBe('ready')
      seconds.push((Date.now() - putAt) / 1000)
    })
    const sorted = seconds.sort((a, b) => a - b)
    process.stdout.write(
      `all events lost: ready after ${sorted[50]} s (median), ${sorted[94]} s (95 %)\n`,
    )
    expect(sorted[94]).toBeLessThan(60)
  }, 120_000)
})
