import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { request } from 'node:http'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { inTurns, startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { bucketConfig } from '../support/world.ts'
import { atMost, record } from './record.ts'
import { residentMebibytes } from './resident.ts'

/** By hand: 100000, with TEST_SERVER_MINUTES=60. */
const UPLOADS = Number(process.env['MEMORY_UPLOADS'] ?? 10_000)
const STEP = Math.min(10_000, Math.max(1, Math.floor(UPLOADS / 5)))
const WIDTH = 32
const RESTARTS = 5

const BYTES = someBytes(1_000)
const BODY = { filename: 'f', contentType: 'application/octet-stream', size: BYTES.length }

let store: Embedded
let berth: Berth

beforeAll(async () => {
  const port = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${port}`), {
    RATE_LIMIT_PER_MINUTE: '0',
  })
  store = await startEmbedded({ port, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
}, 60_000)
afterAll(async () => {
  await berth.close()
  await store.close()
})

it('keeps its memory flat over whole uploads, from slot to ready', async () => {
  const points: [uploads: number, mebibytes: number][] = []
  for (let done = 0; done < UPLOADS; done += STEP) {
    await inTurns(Array.from({ length: STEP }).keys(), WIDTH, () => wholeUpload().catch(countReset))
    store.called.length = 0
    points.push([done + STEP, residentMebibytes(berth.pid())])
    process.stdout.write(`after ${done + STEP} uploads: RSS ${points.at(-1)?.[1].toFixed(0)} MiB\n`)
  }
  // The first step is the warming up of the JIT and the caches.
  const warm = points.slice(1)
  const most = Math.max(...points.map(([, mebibytes]) => mebibytes))
  const found = { uploads: UPLOADS, mostMiB: most, slopeMiB: slope(warm), points, resets }
  record('memory', found, [
    atMost(`RSS over ${UPLOADS} whole uploads, MiB`, most, 256),
    // Over fewer the heap has not settled, and a slope says nothing.
    ...(UPLOADS >= 100_000 ? [atMost('slope, MiB per 10,000 uploads', slope(warm), 1)] : []),
  ])
  expect(points.length).toBeGreaterThan(1)
}, 7_200_000)

it('serves again soon after kill -9', async () => {
  const times: number[] = []
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    await berth.kill()
    const before = performance.now()
    berth.launch()
    await untilReady()
    times.push(performance.now() - before)
  }
  const longest = Math.max(...times) / 1000
  record('restart', { milliseconds: times }, [
    atMost('kill -9 to the first 2xx of /readyz, s', longest, 3),
  ])
  expect(times).toHaveLength(RESTARTS)
}, 120_000)

async function untilReady(): Promise<void> {
  for (;;) {
    const isReady = await fetch(`${berth.url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** An idle connection may end just when the client uses it again; such an upload is not waited for. */
let resets = 0
function countReset(error: unknown): void {
  // No instanceof: fetch's errors are made outside the realm that Jest runs tests in.
  const { cause } = error as { cause?: { code?: string } }
  if (cause?.code !== 'ECONNRESET') throw error
  resets += 1
}

async function wholeUpload(): Promise<void> {
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', BODY)
  if (!slot) throw new Error('no slot')
  await send(slot.url, slot.headers)
  await until('ready', async () => {
    const { state } = await call(berth, 'GET', `/v1/uploads/${id}?wait=20`)
    return state === 'ready'
  })
}

function send(url: string, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    // A new connection each: the store ends idle ones just when they are used again.
    const options = {
      agent: false,
      method: 'PUT',
      headers: { ...headers, 'content-length': BYTES.length },
    }
    const outgoing = request(url, options, (answer) => {
      answer.resume()
      answer.on('end', resolve)
    })
    outgoing.on('error', reject)
    outgoing.end(BYTES)
  })
}

/** Least squares, in MiB per 10,000 uploads. */
function slope(points: [number, number][]): number {
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const [x, y] = [mean(points.map(([a]) => a)), mean(points.map(([, b]) => b))]
  const across = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  const along = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
  return (10_000 * across) / along
}
