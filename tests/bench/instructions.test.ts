import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { until } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'
import { record } from './record.ts'
import { withoutQuota } from './without-quota.ts'

const SLOTS = 100
const SLOT = { filename: 'report.pdf', contentType: 'application/pdf', size: 1_000 }

const quota = withoutQuota()
const folder = mkdtempSync(join(tmpdir(), 'berth-callgrind-'))
let berth: Berth

// By V8's interpreter and in one thread: what the compilers do depends on time, and differs from run to run.
const COUNTED = `exec valgrind --tool=callgrind --callgrind-out-file=${join(folder, 'out')} "$0" --no-opt --no-sparkplug --single-threaded "$@"`

beforeAll(async () => {
  const env = { ...quota.env, RUN_JOBS: 'off' }
  berth = await createBerth(bucketConfig('http://127.0.0.1:9'), env)
  berth.launch(['bash', '-c', COUNTED])
  await until('Berth', async () => (await fetch(`${berth.url}/readyz`)).ok, 280)
}, 300_000)
afterAll(async () => {
  await berth.close()
  rmSync(folder, { recursive: true })
  quota.remove()
})

/** Since the last dump, in all threads. */
function countedSince(): number {
  const before = new Set(readdirSync(folder))
  execFileSync('callgrind_control', ['--dump', String(berth.pid())])
  const fresh = readdirSync(folder).filter((name) => !before.has(name))
  return fresh.reduce((sum, name) => {
    const text = readFileSync(join(folder, name), 'utf8')
    return sum + Number(/^totals: (\d+)/m.exec(text)?.[1] ?? 0)
  }, 0)
}

async function slots(count: number): Promise<number> {
  for (let nth = 0; nth < count; nth += 1) await call(berth, 'POST', '/v1/uploads', SLOT)
  return countedSince() / count
}

it('a slot takes a number of instructions that repeats', async () => {
  await slots(SLOTS)
  const counts = [await slots(SLOTS), await slots(SLOTS), await slots(SLOTS)]
  record('instructions', { perSlot: counts, interpreted: true })
  expect(Math.min(...counts)).toBeGreaterThan(0)
}, 300_000)
