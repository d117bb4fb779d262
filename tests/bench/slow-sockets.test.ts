import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { Agent, get } from 'node:http'
import { createBerth, type Berth } from '../support/berth.ts'
import { freePort, run, until } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'

const SLOW = 2_000
const PER_SECOND = 100
const SECONDS = 5
const ROUNDS = 3
/** Below this both are fast, and their ratio is noise. */
const FLOOR_MS = 5

let berth: Berth
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
beforeAll(async () => {
  const bucket = bucketConfig(`http://127.0.0.1:${await freePort()}`)
  berth = await createBerth(bucket, { RATE_LIMIT_PER_MINUTE: '0' })
  await berth.start()
}, 60_000)
afterAll(async () => {
  agent.destroy()
  await berth.close()
})

function timeOfOne(): Promise<number> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${berth.key}` }
    get(`${berth.url}/v1/uploads?limit=1`, { agent, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(performance.now() - startedAt))
    }).on('error', reject)
  })
}

/** Open loop: the next request does not wait for the last one's answer. */
async function p99(): Promise<number> {
  const running: Promise<number>[] = []
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      running.push(timeOfOne())
      if (running.length < PER_SECOND * SECONDS) return
      clearInterval(timer)
      resolve()
    }, 1000 / PER_SECOND)
  })
  const times = (await Promise.all(running)).sort((a, b) => a - b)
  return times[Math.floor(times.length * 0.99)] ?? 0
}

/** In a process of their own, so that only the server can be slowed down by them. */
async function withSlowSockets(measure: () => Promise<number>): Promise<number> {
  const args = ['tests/support/slow-sockets.js', berth.url, berth.key, String(SLOW)]
  const slow = run(process.execPath, args, { PATH: process.env['PATH'] })
  await until('the slow sockets to be open', () => Promise.resolve(slow.output().includes('open')))
  const measured = await measure()
  await slow.end()
  // The end of so many at once keeps the server busy: that is not the next round's to bear.
  await measure()
  return measured
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

it(`${SLOW} slow sockets leave the p99 of everybody else within twice what it was`, async () => {
  await p99()
  const without: number[] = []
  const beside: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    without.push(await p99())
    beside.push(await withSlowSockets(p99))
  }
  const [before, during] = [median(without), median(beside)]
  process.stdout.write(
    `slow sockets: p99 ${before.toFixed(1)} ms without, ${during.toFixed(1)} ms beside ${SLOW}\n`,
  )
  expect(during).toBeLessThan(2 * Math.max(before, FLOOR_MS))
}, 180_000)
