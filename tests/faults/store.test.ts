import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import {
  PASS,
  s3Error,
  startFaultProxy,
  type Fault,
  type FaultProxy,
} from '../support/fault-proxy.ts'
import { freePort, until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { download, put } from '../support/world.ts'

let store: Embedded
let proxy: FaultProxy
let berth: Berth

beforeAll(async () => {
  const storePort = await freePort()
  const target = `http://127.0.0.1:${storePort}`
  proxy = await startFaultProxy(() => target)
  // Clients speak to the store itself; only Berth's own calls meet the faults.
  berth = await createBerth(
    { ...(await configOf(proxy.url)), publicEndpoint: target },
    { S3_PUBLIC_ENDPOINT: target, SWEEP_INTERVAL_SECONDS: '1', LEASE_SECONDS: '5' },
  )
  store = await startEmbedded({ port: storePort, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
  await until('the probe of the bucket', () =>
    Promise.resolve(rows('select 1 from capabilities').length > 0),
  )
}, 60_000)
afterEach(() => {
  proxy.decide = () => PASS
})
afterAll(async () => {
  await berth.close()
  await proxy.close()
  await store.close()
})

const configOf = async (url: string) => (await import('../support/world.ts')).bucketConfig(url)

const rows = <Row>(query: string, ...values: string[]): Row[] => {
  const database = new Sqlite(berth.databaseFile, { timeout: 5_000 })
  const found = database.prepare(query).all(...values) as Row[]
  database.close()
  return found
}

const historyOf = (id: string): string[] =>
  rows<{ state: string }>(
    'select state from transitions where upload_id = ? order by version',
    id,
  ).map(({ state }) => state)

type Sent = { id: string; bytes: Buffer }

let seeds = 0

/** Issued and PUT. */
async function send(isDeclared = true): Promise<Sent> {
  const bytes = someBytes(50_000, (seeds += 1))
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', {
    filename: 'f',
    contentType: 'application/octet-stream',
    size: bytes.length,
    ...(isDeclared && { sha256: sha256Of(bytes) }),
  })
  if (slot) expect(await put(slot, bytes)).toBe(200)
  return { id, bytes }
}

const sendMany = (count: number): Promise<Sent[]> =>
  Promise.all(Array.from({ length: count }, () => send()))

/** Ready with the right bytes, and at no moment anything like a verdict before. */
async function checkReady({ id, bytes }: Sent): Promise<void> {
  const { state, object } = await untilFinal(berth, id)
  expect([state, object?.sha256]).toEqual(['ready', sha256Of(bytes)])
  const { url } = await call<{ url: string }>(berth, 'GET', `/v1/uploads/${id}/download`)
  expect(sha256Of((await download(url)).bytes)).toBe(sha256Of(bytes))
  const history = historyOf(id)
  expect(history.filter((each) => each === 'ready')).toHaveLength(1)
  for (const verdict of ['rejected', 'failed', 'expired']) expect(history).not.toContain(verdict)
}

const get = async (path: string) => {
  const answer = await fetch(`${berth.url}${path}`)
  return { status: answer.status, body: (await answer.json()) as Record<string, never> }
}

const gauge = async (name: string): Promise<number> => {
  const text = await (await fetch(`${berth.url}/metrics`)).text()
  return Number(new RegExp(`^${name}(?:{[^}]*})? (\\S+)`, 'm').exec(text)?.[1])
}

const isGet = ({ method, key }: { method: string; key: string }): boolean =>
  method === 'GET' && key.startsWith('objects/')

/** The first so many calls that match get the fault, all else passes. */
function firstFew(count: number, matches: Parameters<typeof isMatch>[0], fault: Fault): void {
  let left = count
  proxy.decide = (seen) => {
    if (!isMatch(matches, seen) || left === 0) return PASS
    left -= 1
    return fault
  }
}

type Which = 'GET' | 'copy' | 'HEAD'

const isMatch = (which: Which, seen: FaultProxy['seen'][number]): boolean =>
  which === 'copy' ? seen.isCopy : which === 'GET' ? isGet(seen) : seen.method === 'HEAD'

const TRANSIENT: [string, number, Which, Fault][] = [
  ['a connection reset in mid-GET', 3, 'GET', { kind: 'reset', after: 20_000 }],
  ['a body cut short of its length', 3, 'GET', { kind: 'truncate', after: 20_000 }],
  ['a copy that answers 200 with an error in its body', 3, 'copy', s3Error(200, 'InternalError')],
  ['a copy refused with SlowDown', 4, 'copy', s3Error(503, 'SlowDown')],
  ['a HEAD that finds it and a GET that does not', 2, 'GET', s3Error(404, 'NoSuchKey')],
  ['a bit flipped in the GET', 2, 'GET', { kind: 'flip', dropChecksum: false }],
  [
    'a bit flipped in the GET of a store without checksums',
    1,
    'GET',
    { kind: 'flip', dropChecksum: true },
  ],
  ['a HEAD dropped on the way', 3, 'HEAD', { kind: 'drop' }],
  [
    'an HTML page of some gateway for a copy',
    2,
    'copy',
    { kind: 'answer', status: 502, body: '<html>Bad Gateway' },
  ],
]

describe('a fault of the object store that passes is never a verdict', () => {
  it.each(TRANSIENT)(
    '%s',
    async (_name, count, which, fault) => {
      firstFew(count, which, fault)
      await checkReady(await send())
    },
    60_000,
  )

  it('20 % of all calls refused with SlowDown: all of 60 uploads become ready', async () => {
    let calls = 0
    proxy.decide = () => ((calls += 1) % 5 === 0 ? s3Error(503, 'SlowDown') : PASS)
    for (const sent of await sendMany(60)) await checkReady(sent)
    process.stdout.write(`20 % SlowDown: 60 of 60 ready, ${calls} calls\n`)
  }, 90_000)

  it('every answer 3 to 7 s late: all of 8 uploads become ready', async () => {
    let calls = 0
    proxy.decide = () => ({ kind: 'delay', ms: 3_000 + (((calls += 1) * 1_337) % 4_000) })
    const startedAt = performance.now()
    for (const sent of await sendMany(8)) await checkReady(sent)
    process.stdout.write(
      `store 5 s ± 2 s late: 8 of 8 ready in ${((performance.now() - startedAt) / 1000).toFixed(0)} s\n`,
    )
  }, 120_000)
})

describe('bytes that never match what the store itself knows', () => {
  it('are never ready and never rejected; once they match, the upload is ready', async () => {
    proxy.decide = (seen) => (isGet(seen) ? { kind: 'flip', dropChecksum: false } : PASS)
    const sent = await send()
    await until('three attempts', () =>
      Promise.resolve(historyOf(sent.id).filter((state) => state === 'verifying').length >= 3),
    )
    expect(historyOf(sent.id)).not.toContain('rejected')
    expect(berth.output()).toContain('storage.garbled')
    proxy.decide = () => PASS
    await checkReady(sent)
  }, 60_000)
})

describe('a store that is away', () => {
  const outages: [string, Fault][] = [
    ['does not answer', { kind: 'drop' }],
    ['has revoked our credentials', s3Error(403, 'AccessDenied')],
  ]

  it.each(outages)(
    'because it %s: slots go on, nothing is judged, it is hardly asked, and all 40 uploads end ready',
    async (_name, fault) => {
      proxy.decide = () => fault
      const sent = await sendMany(40)
      await until('the circuit to open', async () => (await gauge('berth_circuit_open')) === 1)
      proxy.seen = []
      const quietFrom = performance.now()
      const ready = await get('/readyz')
      expect([ready.status, ready.body]).toEqual([200, { ok: true, degraded: true }])
      const health = await get('/health')
      expect(health.status).toBe(503)
      expect(health.body).toMatchObject({
        checks: { storage: 'unavailable', storageCircuit: 'open', records: 'ok' },
      })
      expect((await call(berth, 'POST', '/v1/uploads', aSlot)).state).toBe('pending')
      await until('five seconds', () => Promise.resolve(performance.now() - quietFrom > 5_000))
      // Three tries of the SDK each: two for the pages above, the others by the circuit.
      const calls = proxy.seen.length
      expect(calls).toBeLessThanOrEqual(24)
      for (const { id } of sent) {
        expect(['pending', 'received', 'verifying']).toEqual(expect.arrayContaining(historyOf(id)))
      }
      proxy.decide = () => PASS
      const backAt = performance.now()
      for (const one of sent) await checkReady(one)
      expect((await get('/readyz')).body).toEqual({ ok: true, degraded: false })
      process.stdout.write(
        `store away (${_name}): ${calls} calls in 5 s for 40 uploads, all ready ${((performance.now() - backAt) / 1000).toFixed(1)} s after it was back\n`,
      )
    },
    120_000,
  )
})

const aSlot = { filename: 'f', contentType: 'application/octet-stream', size: 10 }

describe('a store whose clock is off', () => {
  it.each([600, -600])(
    'by %d s is named by a gauge and by /health, and uploads become ready',
    async (seconds) => {
      proxy.decide = () => ({ kind: 'date', offsetMs: seconds * 1000 })
      await checkReady(await send())
      const { status, body } = await get('/health')
      expect([status, body]).toEqual([
        200,
        { ok: true, checks: expect.objectContaining({ storageClock: 'skewed' }) },
      ])
      const skew = await gauge('berth_store_clock_skew_seconds')
      expect(Math.abs(skew - seconds)).toBeLessThanOrEqual(2)
      proxy.decide = () => PASS
      await get('/readyz')
      expect((await get('/health')).body).toEqual({ ok: true })
      expect(await gauge('berth_store_clock_skew_seconds')).toBe(0)
      process.stdout.write(`store clock off by ${seconds} s: gauge said ${skew}\n`)
    },
    60_000,
  )
})
