import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countArrivals } from '../../src/store/arrivals.ts'
import { listAbandonedClaims } from '../../src/store/claims.ts'
import { listDueEvents } from '../../src/store/inbox.ts'
import { listDeadLeases } from '../../src/store/leases.ts'
import { listStagingDue } from '../../src/store/staging.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { listLooksDue } from '../../src/store/looks.ts'
import { listDueInTurns, listUploads } from '../../src/store/uploads.ts'
import { createBerth, type Berth } from '../support/berth.ts'
import { startPostgres } from '../support/postgres.ts'
import { quietDisk } from './quiet-disk.ts'
import { asCounted, seedReady, tidyUp } from './seed-ready.ts'
import { bucketConfig } from '../support/world.ts'
import { openLoop, quantile } from './open-loop.ts'
import { atMost, record } from './record.ts'
import { withoutQuota } from './without-quota.ts'

const MANY = Number(process.env['BENCH_ROWS'] ?? 1_000_000)
const PAGE = 200
/** As good as empty, a tenth, and all. */
const SIZES = [PAGE, MANY / 10, MANY] as const
const TIMES = 1.5
const SLOT = { filename: 'f', contentType: 'application/octet-stream', size: 10 }

const quota = withoutQuota()

afterAll(quota.remove)

const now = new Date()

/** Every sweep, and the list's last page. */
const QUERIES: Record<string, (store: Store) => Promise<unknown>> = {
  'the last page of the list': (s) => listUploads(s, 'tenant-a', { beforeId: lastPageId() }, PAGE),
  'looks at pending uploads': (s) => listLooksDue(s, now, 100),
  'dead leases': (s) => listDeadLeases(s, now, 100),
  'next verifications': (s) => listDueInTurns(s, now, 100),
  'staging objects': (s) => listStagingDue(s, now, 100),
  'abandoned claims': (s) => listAbandonedClaims(s, now, 100),
  inbox: (s) => listDueEvents(s, now, 100),
  'silence of events': (s) => countArrivals(s, now),
}

const lastPageId = (): string => `upl_00000000000000000000${100_000_000_000 + PAGE}`

/** One of each size. */
type Sizes<T> = [few: T, some: T, many: T]
const NTH = [0, 1, 2] as const
const none = <T>(): Sizes<T[]> => [[], [], []]
const medians = ([few, some, many]: Sizes<number[]>): Sizes<number> => [
  quantile(few, 0.5),
  quantile(some, 0.5),
  quantile(many, 0.5),
]

/** Median milliseconds of each query, asked of every size in turn. */
async function timeQueries(stores: Sizes<Store>): Promise<Record<string, Sizes<number>>> {
  const times: Record<string, Sizes<number>> = {}
  for (const [name, query] of Object.entries(QUERIES)) {
    const each = none<number>()
    for (let round = 0; round < 500; round += 1) {
      for (const which of NTH) {
        const before = performance.now()
        await query(stores[which])
        each[which].push(performance.now() - before)
      }
    }
    times[name] = medians(each)
  }
  return times
}

/** The p99 of a slot, in milliseconds. */
async function timeSlots({ url, key }: Berth, seconds: number): Promise<number> {
  const call = { url: `${url}/v1/uploads`, key, body: SLOT }
  const answers = await openLoop(call, 200, seconds)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
  return quantile(
    answers.map(({ ms }) => ms),
    0.99,
  )
}

type Databases = { newDatabase: () => Promise<string>; close: () => Promise<void> }

function sqliteFiles(): Promise<Databases> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-growth-'))
  let made = 0
  return Promise.resolve({
    newDatabase: () => Promise.resolve(`file:${join(folder, `${(made += 1)}.db`)}`),
    close: () => rm(folder, { recursive: true }),
  })
}

describe.each<[string, () => Promise<Databases>]>([
  ['SQLite', sqliteFiles],
  ['PostgreSQL', () => startPostgres(['-c', 'fsync=on'])],
])('%s', (name, start) => {
  let database: Databases
  const urls: string[] = []
  beforeAll(async () => {
    database = await start()
    for (const rows of SIZES) urls.push(await seeded(await database.newDatabase(), rows))
  }, 900_000)
  afterAll(() => database.close())

  it('sweeps and lists a million records as it does few', async () => {
    const times = await timeQueriesOf(urls as Sizes<string>)
    recordGrowth(`growthOfQueries${name}`, times, `${name}, `)
    expect(Object.keys(times)).toEqual(Object.keys(QUERIES))
  }, 600_000)

  it('issues slots with a million records as with few', async () => {
    const slots = await timeSlotsOf(urls as Sizes<string>)
    const times = { 'a slot, p99 at 200/s': medians(slots) }
    for (const turns of slots)
      process.stdout.write(`  p99, ms: ${turns.map(Math.round).join(' ')}\n`)
    recordGrowth(`growthOfSlots${name}`, times, `${name}, `)
    expect(slots.map(({ length }) => length)).toEqual([TURNS, TURNS, TURNS])
  }, 600_000)
})

/** Below this a ratio is noise of the clock. */
const FLOOR_MS = 0.1

function recordGrowth(section: string, times: Record<string, Sizes<number>>, of: string): void {
  const rules = Object.entries(times).map(([what, [few, , many]]) =>
    atMost(`${of}${what}: ${MANY} rows, of few`, many / Math.max(few, FLOOR_MS), TIMES),
  )
  record(section, { rows: SIZES, milliseconds: times }, rules)
}

/** A database with that many records, all of them on the disk: what is written later is not theirs. */
async function seeded(url: string, rows: number): Promise<string> {
  const store = openStore(url)
  await store.migrate()
  await seedReady(store, 'tenant-a', rows)
  await asCounted(store)
  await store.close()
  await tidyUp(url)
  await quietDisk()
  return url
}

async function timeQueriesOf(urls: Sizes<string>): Promise<Record<string, Sizes<number>>> {
  const [few, some, many] = urls
  const stores: Sizes<Store> = [openStore(few), openStore(some), openStore(many)]
  for (const store of stores) await store.prepare({ migrate: false })
  const times = await timeQueries(stores)
  for (const store of stores) await store.close()
  return times
}

const TURNS = 32
const TURN_SECONDS = 2

/** Short turns and many: a disk that stalls for a second then spoils one or two of them, whoever's they are. */
async function timeSlotsOf(urls: Sizes<string>): Promise<Sizes<number[]>> {
  const berths: Berth[] = []
  const found = none<number>()
  try {
    for (const url of urls) berths.push(await startOn(url))
    for (const berth of berths) await timeSlots(berth, 5)
    for (let turn = 0; turn < TURNS; turn += 1) {
      const order = turn % 2 === 0 ? NTH : NTH.toReversed()
      for (const which of order) {
        found[which].push(await timeSlots(berths[which] as Berth, TURN_SECONDS))
      }
    }
  } finally {
    for (const berth of berths) await berth.close()
  }
  return found
}

async function startOn(url: string): Promise<Berth> {
  const env = { DATABASE_URL: url, ...quota.env }
  const berth = await createBerth(bucketConfig('http://127.0.0.1:1'), env)
  await berth.start()
  return berth
}
