import { afterAll, beforeAll, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { createBerth } from '../support/berth.ts'
import { startEmbedded } from '../support/embedded.ts'
import { freePort, until } from '../support/processes.ts'
import { sha256Of } from '../support/uploads.ts'
import { BUCKET, bucketConfig, keysBelow } from '../support/world.ts'
import {
  badLife,
  goodLife,
  live,
  liveOn,
  passTime,
  untilSwept,
  type Lane,
  type Life,
} from './one-life.ts'
import { attach, countCalls, killAt, type Point } from './strace.ts'

const LANES = Number(process.env['FAULT_LANES'] ?? 3)

/** Only every so many of these: they wait or repeat, and change nothing. */
const IDLE_CALLS: Record<string, number> = { epoll_pwait: 4, futex: 3 }

/** A bad upload's life runs through the same calls but for its end. */
const BAD_EVERY = 4

type Try = { point: Point; life: () => Life }

let lanes: Lane[]

beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: LANES }, openLane))
}, 60_000)
afterAll(async () => {
  for (const { berth, store } of lanes) {
    await berth.close()
    await store.close()
  }
})

async function openLane(): Promise<Lane> {
  const port = await freePort()
  const berth = await createBerth(bucketConfig(`http://127.0.0.1:${port}`), {
    LAND_GRACE_SECONDS: '0',
    LAND_MARGIN_SECONDS: '0',
    SWEEP_INTERVAL_SECONDS: '1',
    LEASE_SECONDS: '1',
  })
  const store = await startEmbedded({ port, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
  await until('the probe of the bucket', () =>
    Promise.resolve(rowsOf({ berth, store }, 'select 1 from capabilities').length > 0),
  )
  return { berth, store }
}

const rowsOf = <Row>({ berth }: Lane, query: string): Row[] => {
  const database = new Sqlite(berth.databaseFile, { timeout: 5_000 })
  const rows = database.prepare(query).all() as Row[]
  database.close()
  return rows
}

it('killed at any system call of an upload’s life, Berth starts again and the upload ends right', async () => {
  const tries = await plan(lanes[0] as Lane)
  const failures: string[] = []
  let killed = 0
  const left = tries[Symbol.iterator]()
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = left.next(); next.done !== true; next = left.next()) {
        const { call, nth } = next.value.point
        try {
          if (await killOnce(lane, next.value)) killed += 1
        } catch (error) {
          failures.push(`${call} ${nth}: ${String(error)}`)
        }
      }
    }),
  )
  const orphans = (await Promise.all(lanes.map(checkLane))).flat()
  process.stdout.write(
    `kill -9 at system calls: ${tries.length} points, ${killed} killed, ${tries.length - failures.length} ends right, ${orphans.length} orphans\n`,
  )
  expect(failures).toEqual([])
  expect(orphans).toEqual([])
  expect(killed).toBeGreaterThanOrEqual(300)
}, 1_500_000)

/** Every call of the main thread within one life of each kind. */
async function plan(lane: Lane): Promise<Try[]> {
  const good = await countCalls(lane.berth.pid(), () => wholeLife(lane, goodLife(0)))
  const bad = await countCalls(lane.berth.pid(), () => wholeLife(lane, badLife()))
  let seed = 0
  return [
    ...pointsOf(good).map((point) => ({ point, life: () => goodLife((seed += 1)) })),
    ...pointsOf(bad)
      .filter((_, index) => index % BAD_EVERY === 0)
      .map((point) => ({ point, life: badLife })),
  ]
}

const pointsOf = (counts: Map<string, number>): Point[] =>
  [...counts].flatMap(([call, count]) =>
    Array.from({ length: count }, (_, index) => ({ call, nth: index + 1 })).filter(
      ({ nth }) => (nth - 1) % (IDLE_CALLS[call] ?? 1) === 0,
    ),
  )

async function wholeLife(lane: Lane, life: Life): Promise<void> {
  await live(lane, life)
  passTime(lane.berth.databaseFile)
  await untilSwept(lane)
}

/** @returns whether the point was reached; counts differ a little from life to life. */
async function killOnce(lane: Lane, { point, life }: Try): Promise<boolean> {
  const { berth } = lane
  const lived = life()
  const tracer = await attach(berth.pid(), killAt(point))
  const death = berth.exited().then(() => true)
  await Promise.race([wholeLife(lane, lived).catch(() => undefined), death])
  await tracer.detach()
  // Refused by a dying process, the client may know before we do.
  const alive = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 300))
  const isDead = await Promise.race([death, alive])
  if (isDead) await berth.start()
  await liveOn(lane, lived)
  passTime(berth.databaseFile)
  await untilSwept(lane)
  return isDead
}

/** @returns objects without a record and records without their object, once all is quiet. */
async function checkLane(lane: Lane): Promise<string[]> {
  const open = `select id from uploads where state in ('pending', 'received', 'verifying')`
  await until('all to have ended', () => Promise.resolve(rowsOf(lane, open).length === 0))
  const ready = rowsOf<{ key: string; object: string }>(
    lane,
    `select sealed_key as key, object from uploads where state = 'ready'`,
  )
  await until('the sweeps to be done', async () => {
    passTime(lane.berth.databaseFile)
    return (await keysBelow(lane.store, '')).length <= ready.length
  }).catch(() => undefined)
  const keys = await keysBelow(lane.store, '')
  const named = new Set(ready.map(({ key }) => key))
  for (const { key, object } of ready) {
    const { sha256 } = JSON.parse(object) as { sha256: string }
    expect(sha256Of(await bytesAt(lane, key))).toBe(sha256)
  }
  expect(rowsOf(lane, 'pragma integrity_check')).toEqual([{ integrity_check: 'ok' }])
  return [
    ...keys.filter((key) => !named.has(key)),
    ...[...named].filter((key) => !keys.includes(key)),
  ]
}

async function bytesAt({ store }: Lane, key: string): Promise<Buffer> {
  const never = new AbortController().signal
  const stream = await store.bucket.read({ bucket: BUCKET, key }, never)
  const chunks: Buffer[] = []
  for await (const chunk of stream?.body ?? []) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
