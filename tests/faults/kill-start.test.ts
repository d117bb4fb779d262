import { afterAll, beforeAll, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, createBerth, makeKey, untilFinal, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { put } from '../support/world.ts'
import { countIn, fromStart, killAt, release, type Point } from './strace.ts'

const LANES = Number(process.env['FAULT_LANES'] ?? 3)

/** Loading the program is the same read a thousand times; what changes files and sockets counts. */
const CALLS = /^(pwrite64|fsync|ftruncate|unlink|write|writev|bind|listen|connect|mkdir|fcntl)$/

/** Every one of the rare calls, some of the frequent ones. */
const STEP: Record<string, number> = { pwrite64: 8, fcntl: 25, write: 4 }

let store: Embedded

beforeAll(async () => {
  store = await startEmbedded({ port: 0, eventsUrl: null })
})
afterAll(() => store.close())

it('killed at any system call of its first start, migrations included, Berth starts again and serves', async () => {
  const points = await plan()
  let killed = 0
  const failures: string[] = []
  const left = points[Symbol.iterator]()
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = left.next(); next.done !== true; next = left.next()) {
        const { call, nth } = next.value
        try {
          if (await killOnce(next.value)) killed += 1
        } catch (error) {
          failures.push(`${call} ${nth}: ${String(error)}`)
        }
      }
    }),
  )
  process.stdout.write(
    `kill -9 during the first start: ${points.length} points, ${killed} killed, ${points.length - failures.length} served afterwards\n`,
  )
  expect(failures).toEqual([])
  expect(killed).toBeGreaterThan(30)
}, 600_000)

/** Without any database yet. */
async function fresh(): Promise<Berth> {
  const berth = await createBerth(store.config, { LOG_LEVEL: 'silent' })
  for (const rest of ['', '-wal', '-shm']) rmSync(`${berth.databaseFile}${rest}`, { force: true })
  return berth
}

async function plan(): Promise<Point[]> {
  const berth = await fresh()
  const folder = mkdtempSync(join(tmpdir(), 'berth-strace-'))
  const output = join(folder, 'calls')
  await berth.start(fromStart([], output))
  const pid = berth.pid()
  await berth.close()
  const counts = countIn(readFileSync(output, 'utf8'), pid)
  rmSync(folder, { recursive: true })
  return [...counts]
    .filter(([call]) => CALLS.test(call))
    .flatMap(([call, count]) =>
      Array.from({ length: count }, (_, index) => ({ call, nth: index + 1 })).filter(
        ({ nth }) => (nth - 1) % (STEP[call] ?? 1) === 0,
      ),
    )
}

/** @returns whether the point was reached before the program was ready. */
async function killOnce(point: Point): Promise<boolean> {
  const berth = await fresh()
  try {
    berth.launch(fromStart(killAt(point)))
    await until(
      'ready or dead',
      async () => isDead(berth.pid()) || (await fetch(`${berth.url}/readyz`)).ok,
      40,
    )
    const wasHit = isDead(berth.pid())
    release(berth.pid())
    await berth.kill()
    await berth.start()
    await checkServes(berth)
    expect(removedDatabasesOf(berth.pid())).toEqual([])
    return wasHit
  } finally {
    release(berth.pid())
    await berth.close()
  }
}

async function checkServes(berth: Berth): Promise<void> {
  const database = new Sqlite(berth.databaseFile, { timeout: 5_000 })
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
  database.close()
  const own = { ...berth, key: await makeKey(`file:${berth.databaseFile}`) }
  const bytes = someBytes(1_000)
  const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
  const { id, slot } = await call(own, 'POST', '/v1/uploads', body)
  if (slot) expect(await put(slot, bytes)).toBe(200)
  await call(own, 'POST', `/v1/uploads/${id}/complete`)
  expect((await untilFinal(own, id)).state).toBe('ready')
}

/** Of its files, those that others do not see any more: what is written there is lost. */
const removedDatabasesOf = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`)
    .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
    .filter((path) => /berth\.db.*\(deleted\)/.test(path))

/** Also while its tracer keeps its parent from knowing. */
function isDead(pid: number): boolean {
  try {
    return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true
  }
}
