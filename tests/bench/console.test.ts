import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drawCharts } from '../../src/broker/draw-charts.ts'
import { overview } from '../../src/broker/overview.ts'
import { searchPage } from '../../src/broker/search-uploads.ts'
import { showUpload } from '../../src/broker/show-upload.ts'
import { HOUR_MS, tallyChanges } from '../../src/broker/tally-changes.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { startPostgres } from '../support/postgres.ts'
import { quantile } from './open-loop.ts'
import { seedReady, tidyUp } from './seed-ready.ts'

const ROWS = Number(process.env['BENCH_ROWS'] ?? 1_000_000)
const ROUNDS = 30
const TENANT = 'tenant-a'
const BATCH = 500
const HOURS = 2_160
const NAMES = 24

const idOf = (nth: number): string => `upl_00000000000000000000${100_000_000_000 + nth}`

type Deps = { store: Store; now: () => Date; expectsEvents: boolean }

/** What each view of the console asks. */
const QUERIES: Record<string, (deps: Deps) => Promise<unknown>> = {
  overview: (deps) => overview(deps, TENANT),
  'charts, a day': (deps) => drawCharts(deps, TENANT, 'day'),
  'charts, 90 days': (deps) => drawCharts(deps, TENANT, 'quarter'),
  'uploads, a page': (deps) => searchPage(deps, TENANT, {}, 25),
  'uploads by state and profile, a page deep inside': (deps) =>
    searchPage(deps, TENANT, { state: 'ready', profile: 'default', beforeId: idOf(ROWS / 2) }, 25),
  'a search that finds nothing, one call': (deps) =>
    searchPage(deps, TENANT, { text: 'nowhere' }, 25),
  'one upload': (deps) => showUpload(deps, TENANT, idOf(7)),
  'a batch of changes, counted': (deps) => tallyChanges(deps, BATCH),
}

/** Three months of every hour and name, as they would be counted. */
async function seedTallies({ db }: Store): Promise<void> {
  const last = Math.floor(Date.now() / HOUR_MS)
  for (let hour = 0; hour < HOURS; hour += 1) {
    const tallies = Array.from({ length: NAMES }, (_, nth) => ({
      tenant: TENANT,
      hour: (last - hour) * HOUR_MS,
      measure: 'states' as const,
      name: `name-${nth}`,
      count: 100,
    }))
    await db.insertInto('tallies').values(tallies).execute()
  }
}

async function measure(store: Store): Promise<[string, number, number][]> {
  const deps = { store, now: () => new Date(), expectsEvents: true }
  const figures: [string, number, number][] = []
  for (const [name, query] of Object.entries(QUERIES)) {
    const times: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = performance.now()
      await query(deps)
      times.push(performance.now() - before)
    }
    figures.push([name, quantile(times, 0.5), Math.max(...times)])
  }
  return figures
}

describe.each([
  ['SQLite', false],
  ['PostgreSQL', true],
])('with a million uploads on %s', (name, isShared) => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-console-'))
  let store: Store
  let close: () => Promise<void>

  beforeAll(async () => {
    const postgres = isShared ? await startPostgres() : null
    const url = (await postgres?.newDatabase()) ?? `file:${join(folder, 'berth.db')}`
    store = openStore(url)
    close = async () => {
      await store.close()
      await postgres?.close()
      rmSync(folder, { recursive: true })
    }
    await store.prepare({ migrate: true })
    await seedReady(store, TENANT, ROWS)
    await seedTallies(store)
    await tidyUp(url)
  }, 900_000)
  afterAll(() => close())

  it('every question of the console is answered in a tenth of a second', async () => {
    const figures = await measure(store)
    const lines = figures.map(
      ([query, median, longest]) =>
        `  ${query}: median ${median.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
    )
    process.stdout.write(`${name}, ${ROWS} uploads\n${lines.join('\n')}\n`)
    expect(figures.filter(([, median]) => median > 100)).toEqual([])
  }, 300_000)
})
