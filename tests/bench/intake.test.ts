import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { Agent, request } from 'node:http'
import { createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort } from '../support/processes.ts'
import { aSlotRequest, someBytes } from '../support/uploads.ts'
import { bucketConfig, EVENTS_TOKEN, put } from '../support/world.ts'
import { call, untilFinal } from '../support/berth.ts'
import { quantile } from './open-loop.ts'
import { atMost, record } from './record.ts'

let berth: Berth
let storePort: number
let store: Embedded | null = null
const newAgent = (): Agent => new Agent({ keepAlive: true, maxSockets: 64 })
let agent = newAgent()

beforeAll(async () => {
  storePort = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${storePort}`), {
    RATE_LIMIT_PER_MINUTE: '0',
  })
  await berth.start()
})
afterAll(async () => {
  agent.destroy()
  await store?.close()
  await berth.close()
})

/** @returns status and milliseconds until the answer. */
function post(body: string): Promise<{ status: number; ms: number }> {
  const before = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request(`${berth.url}/events/s3`, {
      agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${EVENTS_TOKEN}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      answer.resume()
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, ms: performance.now() - before }),
      )
    })
    outgoing.end(body)
  })
}

const eventAt = (key: string, nth: number): string =>
  JSON.stringify({
    Records: [
      {
        eventName: 's3:ObjectCreated:Put',
        s3: { bucket: { name: 'test-bucket' }, object: { key: encodeURIComponent(key) } },
        nth,
      },
    ],
  })

it('acknowledges 200 events a second with the object store stopped', async () => {
  const body = { filename: 'f', contentType: 'application/octet-stream', size: 10 }
  const { slot } = await call(berth, 'POST', '/v1/uploads', body)
  const key = new URL(slot?.url ?? '').pathname.replace('/test-bucket/', '')
  const pending: Promise<{ status: number; ms: number }>[] = []
  const startedAt = performance.now()
  // Open loop: the next event is sent on time, whether or not the last was answered.
  for (let nth = 0; nth < 4_000; nth += 1) {
    const dueIn = startedAt + nth * 5 - performance.now()
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn))
    pending.push(post(eventAt(key, nth)))
  }
  const answers = await Promise.all(pending)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
  const times = answers.map(({ ms }) => ms)
  const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)]
  const found = { perSecond: 200, storeIsDown: true, p50Ms, p99Ms, longestMs: Math.max(...times) }
  record('eventIntake', found, [
    atMost('event intake at 200/s with the store down, p99, ms', p99Ms, 100),
  ])
}, 60_000)

it('survives 100,000 duplicates of one event: one verification, flat memory, others served', async () => {
  store = await startEmbedded({ port: storePort, eventsUrl: null })
  const bytes = someBytes(aSlotRequest().size)
  const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
  if (!slot) throw new Error('no slot')
  await put(slot, bytes)
  const event = eventAt(new URL(slot.url).pathname.replace('/test-bucket/', ''), 0)

  const slots = async (count: number): Promise<number[]> => {
    const times: number[] = []
    for (let nth = 0; nth < count; nth += 1) {
      const before = performance.now()
      await call(berth, 'POST', '/v1/uploads', body)
      times.push(performance.now() - before)
    }
    return times
  }
  const quiet = await slots(1_000)
  const memoryBefore = await residentBytes()
  // On new connections: those from before have been idle for about as long as Berth keeps them.
  agent.destroy()
  agent = newAgent()
  const flood = floodWith(event, 100_000)
  const busy = await slots(1_000)
  await flood
  const grown = (await residentBytes()) - memoryBefore

  expect((await untilFinal(berth, id)).state).toBe('ready')
  const copies = store.called.filter(({ operation }) => operation === 'CopyObject').length
  process.stdout.write(
    `100,000 duplicates: ${copies} verification, memory + ${(grown / 2 ** 20).toFixed(0)} MiB, slot p50 ${quantile(quiet, 0.5).toFixed(1)} ms before and ${quantile(busy, 0.5).toFixed(1)} ms during\n`,
  )
  expect(copies).toBe(1)
}, 180_000)

/** 2,000 a second, on time, whether or not the last were answered. */
async function floodWith(event: string, count: number): Promise<void> {
  const startedAt = performance.now()
  const pending: Promise<unknown>[] = []
  for (let nth = 0; nth < count; nth += 20) {
    const dueIn = startedAt + nth / 2 - performance.now()
    if (dueIn > 0) await new Promise((resolve) => setTimeout(resolve, dueIn))
    for (let one = 0; one < 20; one += 1) pending.push(post(event))
  }
  await Promise.all(pending)
}

async function residentBytes(): Promise<number> {
  const text = await (await fetch(`${berth.url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1])
}
