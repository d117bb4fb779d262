import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { bucketConfig, put } from '../support/world.ts'

let store: Embedded
let berth: Berth

beforeAll(async () => {
  const port = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${port}`))
  store = await startEmbedded({ port, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
  // Only now: to load the program takes more of them at a time.
  const limit = ['--pid', String(berth.pid()), '--nofile=128:128']
  expect(spawnSync('prlimit', limit).status).toBe(0)
})
afterAll(async () => {
  await berth.close()
  await store.close()
})

/** A client that sends half a request and waits. */
const holdOpen = (): Socket => {
  const socket = connect(Number(new URL(berth.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n')
  return socket
}

async function upload(): Promise<string> {
  const bytes = someBytes(5_000)
  const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
  if (slot) expect(await put(slot, bytes)).toBe(200)
  return id
}

it('without file descriptors Berth refuses connections or answers 503, never 500, and goes on by itself afterwards', async () => {
  const before = await upload()
  const answers = { served: 0, unavailable: 0, refused: 0 }
  let held: Socket[] = []
  // Those that it closes are opened anew.
  for (let round = 0; round < 10; round += 1) {
    held = held.filter(({ destroyed }) => !destroyed)
    while (held.length < 200) held.push(holdOpen())
    const statuses = await Promise.all(Array.from({ length: 10 }, ask))
    for (const status of statuses) {
      expect([0, 200, 503]).toContain(status)
      answers[status === 0 ? 'refused' : status === 503 ? 'unavailable' : 'served'] += 1
    }
  }
  expect(answers.refused + answers.unavailable).toBeGreaterThan(0)
  for (const socket of held) socket.destroy()
  await until('an answer', async () => (await ask()) === 200)
  expect((await untilFinal(berth, before)).state).toBe('ready')
  expect((await untilFinal(berth, await upload())).state).toBe('ready')
  process.stdout.write(
    `128 descriptors, 200 held connections: ${answers.served} served, ${answers.unavailable} answered 503, ${answers.refused} refused, the same process afterwards\n`,
  )
}, 90_000)

/** Status 0: no answer. A new connection each time. */
async function ask(): Promise<number> {
  const headers = { authorization: `Bearer ${berth.key}`, connection: 'close' }
  const late = AbortSignal.timeout(2_000)
  return fetch(`${berth.url}/v1/uploads`, { headers, signal: late }).then(
    ({ status }) => status,
    () => 0,
  )
}
