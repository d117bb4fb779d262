import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Client } from 'pg'
import { call, createBerth, makeKey, type Berth } from '../support/berth.ts'
import { readEvents } from '../support/event-reader.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'
import { openStreams, type IdleStreams } from './idle-streams.ts'
import { quantile } from './open-loop.ts'
import { record } from './record.ts'
import { residentMebibytes } from './resident.ts'
import { withoutQuota } from './without-quota.ts'

/** By hand: 10000, the most that a node takes. */
const STREAMS = Number(process.env['STREAMS'] ?? 5_000)
const SECONDS = 30
const CHANGES = 100
const BATCH = 100
const BODY = { filename: 'f', contentType: 'application/octet-stream', size: 10 }
const MOST_MEBIBYTES = 256

const quota = withoutQuota()
let postgres: Postgres
let databaseUrl: string
let telling: Berth
let acting: Berth
let streams: IdleStreams | null = null

beforeAll(async () => {
  postgres = await startPostgres()
  databaseUrl = await postgres.newDatabase()
  const env = { DATABASE_URL: databaseUrl, RUN_JOBS: 'off', ...quota.env }
  telling = await createBerth(bucketConfig('http://127.0.0.1:1'), env)
  acting = await createBerth(bucketConfig('http://127.0.0.1:1'), env)
  await telling.start()
  await acting.start()
}, 120_000)
afterAll(async () => {
  streams?.close()
  await telling.close()
  await acting.close()
  await postgres.close()
  quota.remove()
})

/** The ids of so many pending uploads. */
async function manyUploads(count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const uploads = Array.from({ length: Math.min(BATCH, count - ids.length) }, () => BODY)
    const batch = { uploads }
    type Results = { results: { upload: { id: string } }[] }
    const { results } = await call<Results>(acting, 'POST', '/v1/uploads/batch', batch)
    ids.push(...results.map(({ upload }) => upload.id))
  }
  return ids
}

/** Seconds of processor time so far. */
const processorSeconds = ({ pid }: Berth): number => {
  const fields = readFileSync(`/proc/${pid()}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const openFiles = ({ pid }: Berth): { most: number } => {
  const limits = readFileSync(`/proc/${pid()}/limits`, 'utf8')
  return { most: Number(/Max open files\s+(\d+)/.exec(limits)?.[1]) }
}

/** Statements that the database has run, each in a transaction of its own. */
async function transactions(): Promise<number> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ count: string }>(
    'select sum(xact_commit + xact_rollback) as count from pg_stat_database where datname = current_database()',
  )
  await client.end()
  return Number(rows[0]?.count)
}

/** The database counts with a delay of some seconds. */
async function untilCounted(): Promise<void> {
  let before = await transactions()
  let steadySince = Date.now()
  await until('the last count', async () => {
    const now = await transactions()
    // Some of them are of this very question.
    if (now - before > 10) steadySince = Date.now()
    before = now
    return Date.now() - steadySince > 11_000
  })
}

type Idle = { statements: number; processor: number; beats: number }

async function idleFor(seconds: number): Promise<Idle> {
  const [statements, processor, beats] = [
    await transactions(),
    processorSeconds(telling),
    streams?.beats() ?? 0,
  ]
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  return {
    statements: ((await transactions()) - statements) / seconds,
    processor: (processorSeconds(telling) - processor) / seconds,
    beats: (streams?.beats() ?? 0) - beats,
  }
}

const report = (text: string): void => void process.stdout.write(`${text}\n`)

it('holds thousands of idle streams with little memory, and asks the database once for all of them', async () => {
  expect(openFiles(telling).most).toBeGreaterThan(STREAMS + 200)
  const ids = await manyUploads(STREAMS)
  // No key may have a node to itself.
  const keys = [telling.key, await makeKey(databaseUrl), await makeKey(databaseUrl)]
  const [one = ''] = ids
  const single = await openStreams({ url: telling.url, keys, ids: [one] })
  const alone = await idleFor(SECONDS)
  single.close()

  const before = residentMebibytes(telling.pid())
  const startedAt = performance.now()
  streams = await openStreams({ url: telling.url, keys, ids })
  const opened = (performance.now() - startedAt) / 1000
  const after = residentMebibytes(telling.pid())
  await untilCounted()
  const idle = await idleFor(SECONDS)
  const resting = residentMebibytes(telling.pid())
  report(
    `${STREAMS} streams opened in ${opened.toFixed(1)} s: RSS ${before.toFixed(0)} MiB before, ` +
      `${after.toFixed(0)} after, ${resting.toFixed(0)} after ${SECONDS} s of idling`,
  )
  report(
    `idle: ${(idle.processor * 100).toFixed(1)} % of a processor, ${idle.statements.toFixed(1)} ` +
      `statements a second over two nodes (one stream: ${(alone.processor * 100).toFixed(1)} %, ` +
      `${alone.statements.toFixed(1)}), ${(idle.beats / STREAMS).toFixed(1)} heartbeats a stream in ${SECONDS} s`,
  )
  const restingMiB = Math.max(after, resting)
  const each = { statementsPerSecond: idle.statements, processor: idle.processor, restingMiB }
  record('idleStreams', { streams: STREAMS, ...each })
  expect(streams.lost()).toBe(0)
  expect(Math.max(after, resting)).toBeLessThan(MOST_MEBIBYTES)
  expect(idle.statements).toBeLessThan(alone.statements + 2)
  expect(idle.beats).toBeGreaterThanOrEqual(STREAMS)
}, 300_000)

it('tells of what another node did within half a second, with all of them open', async () => {
  const ids = await manyUploads(CHANGES)
  const late: number[] = []
  for (const id of ids) {
    const reader = await readEvents({ ...telling, key: await spareKey(), id })
    await until('the first event', () => Promise.resolve(reader.told.length === 1))
    const at = performance.now()
    await call(acting, 'DELETE', `/v1/uploads/${id}`)
    await reader.ended
    late.push(performance.now() - at)
    expect(reader.told.map(({ event }) => event)).toEqual(['upload.pending', 'upload.canceled'])
  }
  const [p50, p99] = [quantile(late, 0.5), quantile(late, 0.99)]
  report(
    `a change on another node is told after ${p50.toFixed(0)} ms (p50), ${p99.toFixed(0)} ms (p99), ` +
      `${Math.max(...late).toFixed(0)} ms at most, over ${CHANGES} changes beside ${STREAMS} idle streams`,
  )
  expect(p99).toBeLessThan(500)
}, 300_000)

it('ends them all at SIGTERM, and is gone soon', async () => {
  const startedAt = performance.now()
  expect(await telling.stop()).toBe(0)
  report(`stopped, with all of them, in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  await until('the end of every stream', () => Promise.resolve(streams?.lost() === STREAMS))
}, 60_000)

let spare: Promise<string> | null = null
const spareKey = (): Promise<string> => (spare ??= makeKey(databaseUrl))
