import { afterEach, expect, it } from '@jest/globals'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { freePort, until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { EVENTS_TOKEN, put } from '../support/world.ts'
import { bucketConfigFor, startMinio, type RealStore } from './servers.ts'

let berth: Berth | null = null
let store: RealStore | null = null
let gate: Server | null = null

afterEach(async () => {
  await store?.close()
  gate?.close()
  gate?.closeAllConnections()
  await berth?.close()
})

/** Stands between MinIO and Berth; the first event that passes is replaced with garbage. */
function startGate(port: number, target: () => string) {
  const state = { isOpen: false, refused: 0, passed: [] as { at: number; status: number }[] }
  gate = createServer((req: IncomingMessage, res) => {
    void req.toArray().then(async (chunks) => {
      const body = Buffer.concat(chunks as Buffer[]).toString()
      if (!state.isOpen && body !== '') {
        state.refused += 1
        return res.writeHead(503).end()
      }
      const at = Date.now()
      const sent = state.passed.length === 0 && body !== '' ? '{"Records": [poison' : body
      const headers = {
        authorization: `Bearer ${EVENTS_TOKEN}`,
        'content-type': 'application/json',
      }
      const { status } = await fetch(target(), { method: 'POST', headers, body: sent })
      if (body !== '') state.passed.push({ at, status })
      return res.writeHead(status).end()
    })
  })
  return new Promise<typeof state>((resolve) => {
    gate?.listen(port, '127.0.0.1', () => resolve(state))
  })
}

it("a poison event at the head of MinIO's queue does not hold up the next one for a second", async () => {
  const [storePort, gatePort] = [await freePort(), await freePort()]
  const running = await createBerth(bucketConfigFor(`http://127.0.0.1:${storePort}`))
  berth = running
  await running.start()
  const state = await startGate(gatePort, () => `${running.url}/events/s3`)
  store = await startMinio(
    { url: `http://127.0.0.1:${gatePort}`, token: EVENTS_TOKEN, queue: true },
    storePort,
  )
  const ids: string[] = []
  for (let nth = 0; nth < 5; nth += 1) {
    const body = { filename: 'f', contentType: 'application/octet-stream', size: 100 }
    const { id, slot } = await call(running, 'POST', '/v1/uploads', body)
    if (slot) await put(slot, someBytes(100, nth))
    ids.push(id)
  }
  await until('MinIO to have tried', () => Promise.resolve(state.refused > 0))
  state.isOpen = true
  await until('all events to pass', () => Promise.resolve(state.passed.length === 5))

  expect(state.passed.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
  const [first, second] = state.passed
  const delay = (second?.at ?? Infinity) - (first?.at ?? 0)
  process.stdout.write(`the event behind the poison came ${delay} ms after it\n`)
  expect(delay).toBeLessThan(1_000)
  for (const id of ids) expect((await untilFinal(running, id)).state).toBe('ready')
}, 120_000)
