import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { countArrivals } from '../../src/store/arrivals.ts'
import { listAbandonedClaims } from '../../src/store/claims.ts'
import { listDueEvents } from '../../src/store/inbox.ts'
import type { Schema } from '../../src/store/schema.ts'
import { listStagingDue } from '../../src/store/staging.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { listDue, listDueInTurns, listUploads } from '../../src/store/uploads.ts'
import { createBerth, type Berth } from '../support/berth.ts'
import { startPostgres } from '../support/postgres.ts'
import { seedReady } from './seed-ready.ts'
import { bucketConfig } from '../support/world.ts'
import { openLoop, quantile } from './open-loop.ts'
import { withoutQuota } from './without-quota.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 1_000_000)
const PAGE = 200
const SLOT = { filename: 'f', contentType: 'application/octet-stream', size: 10 }

const quota = withoutQuota()

let berth: Berth
afterEach(() => berth.close())
afterAll(quota.remove)

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
    const few = await seeded(await database.newDatabase(), PAGE)
    const many = await seeded(await database.newDatabase(), ROWS)
    const rounds: Record<string, number>[][] = [[], []]
    for (const which of ROUNDS) rounds[which]?.push(await measure([few, many][which] as string))
    await database.close()
    const [before = {}, after = {}] = rounds.map(medians)
    for (const [what, ms] of Object.entries(before)) print(`${name}: ${what}`, ms, after[what])
  }, 1_800_000)
})

/** Few and many in turn, so that what the machine does meanwhile meets both. */
const ROUNDS = [0, 1, 1, 0, 0, 1]

const medians = (rounds: Record<string, number>[]): Record<string, number> =>
  Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((what) => [
      what,
      quantile(
        rounds.map((round) => round[what] ?? NaN),
        0.5,
      ),
    ]),
  )

const print = (what: string, before: number, after = NaN): boolean =>
  process.stdout.write(
    `${what}: ${before.toFixed(2)} ms with ${PAGE} records, ${after.toFixed(2)} ms with ${ROWS}: ${(after / before).toFixed(2)} x\n`,
  )

/** A database with that many records, all of them on the disk: what is written later is not theirs. */
async function seeded(url: string, rows: number): Promise<string> {
  const store = openStore(url)
  await store.migrate()
  await seedReady(store, 'tenant-a', rows)
  if (url.startsWith('postgres')) await store.db.connection().execute(tidyUp)
  await store.close()
  execFileSync('sync')
  return url
}

/** What PostgreSQL does after so many new rows, sooner or later, and not in the middle of a round. */
async function tidyUp(connection: Kysely<Schema>): Promise<void> {
  const chores = ['set statement_timeout = 0', 'vacuum analyze', 'checkpoint']
  for (const chore of chores) await sql.raw(chore).execute(connection)
}

/** The p99 of a slot and the medians of the queries, in milliseconds. */
async function measure(url: string): Promise<Record<string, number>> {
  const store = openStore(url)
  await store.prepare({ migrate: false })
  const queries = await timeQueries(store)
  await store.close()
  berth = await createBerth(bucketConfig('http://127.0.0.1:1'), {
    DATABASE_URL: url,
    ...quota.env,
  })
  await berth.start()
  const slots = await timeSlots()
  await berth.close()
  process.stdout.write(`  slot, p99: ${slots.toFixed(1)} ms\n`)
  return { 'slot, p99 at 200/s': slots, ...queries }
}
