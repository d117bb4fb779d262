import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { Agent, get } from 'node:http'
import { connect, type Socket } from 'node:net'
import { createBerth, type Berth } from '../support/berth.ts'
import { freePort, until } from '../support/processes.ts'
import { bucketConfig } from '../support/world.ts'

const SLOW = 2_000
const PER_SECOND = 100
const SECONDS = 10
/** Below this both are fast, and their ratio is noise. */
const FLOOR_MS = 5

let berth: Berth
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
beforeAll(async () => {
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${await freePort()}`))
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

/** Sockets that send a byte a second: half of them headers, half a body; new ones for those cut off. */
function openSlowSockets(): { count: () => number; close: () => void } {
  const sockets = new Set<Socket>()
  let isOver = false
  const open = (nth: number): void => {
    if (isOver) return
    const socket = connect(Number(new URL(berth.url).port), '127.0.0.1')
    const body = `POST /v1/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${berth.key}\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n`
    socket.write(nth % 2 === 0 ? 'GET /livez HTTP/1.1\r\nX-Slow: ' : body)
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      open(nth)
    })
  }
  for (let nth = 0; nth < SLOW; nth += 1) open(nth)
  const drip = setInterval(() => sockets.forEach((socket) => socket.write('x')), 1_000)
  return {
    count: () => sockets.size,
    close: () => {
      isOver = true
      clearInterval(drip)
      sockets.forEach((socket) => socket.destroy())
    },
  }
}

it(`${SLOW} slow sockets leave the p99 of everybody else within twice what it was`, async () => {
  await p99()
  const before = await p99()
  const slow = openSlowSockets()
  await until('the slow sockets to be open', () => Promise.resolve(slow.count() === SLOW))
  const during = await p99()
  slow.close()
  process.stdout.write(
    `slow sockets: p99 ${before.toFixed(1)} ms without, ${during.toFixed(1)} ms with ${SLOW}\n`,
  )
  expect(during).toBeLessThan(2 * Math.max(before, FLOOR_MS))
}, 120_000)
