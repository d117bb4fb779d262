import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { appendsAt } from './bare-disk.ts'
import {
  startBerthOnPostgres,
  startBerthOnSqlite,
  startPeers,
  type Contender,
} from './contenders.ts'
import { load, type Load } from './load.ts'
import { openLoop, quantile, type Answer } from './open-loop.ts'
import { quietDisk } from './quiet-disk.ts'
import { aimedAt, atLeast, atMost, record, spread } from './record.ts'

const CONNECTIONS = 32
const WARM_SECONDS = 8
const SECONDS = 3
const ROUNDS = 9
const TURNS = 5

let contenders: Contender[]

beforeAll(async () => {
  const started = [...(await startPeers()), await startBerthOnSqlite()]
  contenders = [...started, await startBerthOnPostgres()]
  await quietDisk()
}, 120_000)
afterAll(async () => {
  for (const { close } of contenders) await close()
})

// First, before PostgreSQL has anything to write down at a moment of its choice.
it('a slot at 200 a second is answered at once', async () => {
  const { url, headers, body = '' } = targetOf('berth-sqlite')
  const key = (headers['authorization'] ?? '').replace('Bearer ', '')
  const call = { url, key, body: JSON.parse(body) as unknown }
  await openLoop(call, 200, 5)
  const [answers, appends]: [Answer[], number[]] = [[], []]
  // In turns, so that a disk which stalls shows in both.
  for (let turn = 0; turn < TURNS; turn += 1) {
    answers.push(...(await openLoop(call, 200, 4)))
    appends.push(...(await appendsAt(200, 4)))
  }
  const slot = timesIn(answers.map(({ ms }) => ms))
  record('slotAt200', { slot, bareDisk: timesIn(appends) }, [
    atMost('slot p99 at 200/s, ms', slot.p99Ms, 25),
  ])
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
}, 90_000)

it('slots are answered side by side with peers, and with what Express can do at most', async () => {
  const found = new Map<string, Load[]>(contenders.map(({ name }) => [name, []]))
  for (const { target } of contenders) await load(target, CONNECTIONS, WARM_SECONDS)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { name, target } of contenders) {
      found.get(name)?.push(await load(target, CONNECTIONS, SECONDS))
    }
  }
  const rows = contenders.map(({ name, durable }) => rowOf(name, durable, found.get(name) ?? []))
  const against = (name: string): number => timesOf(found, 'berth-sqlite', name)
  record('slots', rows, [
    atLeast("durable slots, of Uppy Companion's signatures", against('companion'), 5),
    atLeast("durable slots, of better-upload's signatures", against('better-upload'), 4),
    atLeast('durable slots, of a bare Express echo', against('express-echo'), 0.45),
    aimedAt("durable slots, of Uppy Companion's signatures", against('companion'), 8),
    aimedAt('durable slots, of a bare Express echo', against('express-echo'), 0.7),
  ])
  expect(rows.map(({ failed }) => failed)).toEqual(rows.map(() => 0))
}, 400_000)

const timesIn = (times: readonly number[]) => ({
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
  longestMs: Math.max(...times),
})

/** Of the same round each: over minutes the machine differs more than the contenders do. */
function timesOf(found: Map<string, Load[]>, name: string, other: string): number {
  const others = found.get(other) ?? []
  const times = (found.get(name) ?? []).map(
    ({ perSecond }, round) => perSecond / (others[round]?.perSecond ?? NaN),
  )
  return quantile(times, 0.5)
}

function rowOf(name: string, durable: boolean, loads: Load[]) {
  const { median, least, most } = spread(loads.map(({ perSecond }) => perSecond))
  const p99Ms = quantile(
    loads.map((one) => one.p99Ms),
    0.5,
  )
  const failed = loads.reduce((sum, one) => sum + one.failed, 0)
  return { name, perSecond: median, least, most, p99Ms, durable, failed }
}

function targetOf(name: string) {
  const found = contenders.find((one) => one.name === name)
  if (!found) throw new Error(`no contender ${name}`)
  return found.target
}
