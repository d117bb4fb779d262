import { afterEach, describe, expect, it } from '@jest/globals'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countArrivals } from '../../src/store/arrivals.ts'
import { listAbandonedClaims } from '../../src/store/claims.ts'
import { listDueEvents } from '../../src/store/inbox.ts'
import { listStagingDue } from '../../src/store/staging.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { listDue, listDueInTurns, listUploads } from '../../src/store/uploads.ts'
import { createBerth, type Berth } from '../support/berth.ts'
import { startPostgres } from '../support/postgres.ts'
import { seedReady } from './seed-ready.ts'
import { bucketConfig } from '../support/world.ts'
import { openLoop, quantile } from './open-loop.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 1_000_000)
const PAGE = 200
const SLOT = { filename: 'f', contentType: 'application/octet-stream', size: 10 }

let berth: Berth
afterEach(() => berth.close())

const now = new Date()

/** Every sweep, and the list's last page. */
const QUERIES: Record<string, (store: Store) => Promise<unknown>> = {
  'the last page of the list': (s) => listUploads(s, 'tenant-a', { beforeId: lastPageId() }, PAGE),
  'looks at pending uploads': (s) => listDue(s, 'pending', now, 100),
  'dead leases': (s) => listDue(s, 'verifying', now, 100),
  'next verifications': (s) => listDueInTurns(s, now, 100),
  'staging objects': (s) => listStagingDue(s, now, 100),
  'abandoned claims': (s) => listAbandonedClaims(s, now, 100),
  inbox: (s) => listDueEvents(s, now, 100),
  'silence of events': (s) => countArrivals(s, now),
}

const lastPageId = (): string => `upl_00000000000000000000${100_000_000_000 + PAGE}`

/** Median milliseconds of each. */
async function timeQueries(store: Store): Promise<Record<string, number>> {
  const times: Record<string, number> = {}
  for (const [name, query] of Object.entries(QUERIES)) {
    const each: number[] = []
    for (let round = 0; round < 300; round += 1) {
      const before = performance.now()
      await query(store)
      each.push(performance.now() - before)
    }
    times[name] = quantile(each, 0.5)
  }
  return times
}

async function timeSlots(): Promise<number> {
  const call = { url: `${berth.url}/v1/uploads`, key: berth.key, body: SLOT }
  await openLoop(call, 200, 5)
  const answers = await openLoop(call, 200, 15)
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
  it(`answers with ${ROWS} records as with few`, async () => {
    const database = await start()
    const few = await measure(await database.newDatabase(), PAGE)
    const many = await measure(await database.newDatabase(), ROWS)
    await database.close()
    for (const [what, before] of Object.entries(few)) {
      const after = many[what] ?? NaN
      process.stdout.write(
        `${name}: ${what}: ${before.toFixed(2)} ms with ${PAGE} records, ${after.toFixed(2)} ms with ${ROWS}: ${(after / before).toFixed(2)} x\n`,
      )
    }
  }, 1_200_000)
})

/** The p99 of a slot and the medians of the queries, in milliseconds. */
async function measure(url: string, rows: number): Promise<Record<string, number>> {
  const store = openStore(url)
  await store.migrate()
  await seedReady(store, 'tenant-a', rows)
  const queries = await timeQueries(store)
  await store.close()
  berth = await createBerth(bucketConfig('http://127.0.0.1:1'), { DATABASE_URL: url })
  await berth.start()
  const slots = await timeSlots()
  await berth.close()
  return { 'slot, p99 at 200/s': slots, ...queries }
}
