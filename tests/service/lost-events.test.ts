import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { inTurns, startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { EVENTS_TOKEN, keysBelow, put } from '../support/world.ts'

const UPLOADS = 1000
const NEVER_PUT = 50

let berth: Berth
let store: Embedded
let postman: Server
const sent = { lost: 0, doubled: 0, delivered: 0 }

/** Drops 30 % of the events, sends 20 % twice, and each in another order than it came. */
function startPostman(port: number, target: string): Promise<Server> {
  const waiting: string[] = []
  let random = 42
  const chance = (): number => {
    random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
    return random / 2 ** 32
  }
  const deliver = async (): Promise<void> => {
    const [body] = waiting.splice(Math.floor(chance() * waiting.length), 1)
    if (body === undefined) return
    sent.delivered += 1
    const headers = { authorization: `Bearer ${EVENTS_TOKEN}`, 'content-type': 'application/json' }
    await (await fetch(target, { method: 'POST', headers, body })).arrayBuffer()
  }
  const server = createServer((req, res) => {
    req.setEncoding('utf8')
    void req.toArray().then((chunks) => {
      const body = chunks.join('')
      const luck = chance()
      if (luck < 0.3) sent.lost += 1
      else waiting.push(body)
      if (luck > 0.8) {
        sent.doubled += 1
        waiting.push(body)
      }
      // A few are held back, so that each may be overtaken by many.
      while (waiting.length > 40) void deliver()
      res.end()
    })
  })
  const timer = setInterval(() => void deliver(), 5)
  server.on('close', () => clearInterval(timer))
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

beforeAll(async () => {
  const [storePort, postPort] = [await freePort(), await freePort()]
  store = await startEmbedded({ port: storePort, eventsUrl: `http://127.0.0.1:${postPort}` })
  berth = await createBerth(store.config, {
    LAND_GRACE_SECONDS: '0',
    LAND_MARGIN_SECONDS: '2',
    SWEEP_INTERVAL_SECONDS: '1',
  })
  postman = await startPostman(postPort, `${berth.url}/events/s3`)
  await berth.start()
})
afterAll(async () => {
  postman.close()
  postman.closeAllConnections()
  await store.close()
  await berth.close()
})

it('brings 1,000 uploads to their right end, in four store calls each, with events lost, doubled and shuffled', async () => {
  const promised = new Map<string, string | null>()
  await inTurns(Array.from({ length: UPLOADS }).keys(), 16, async (nth) => {
    const bytes = someBytes(200 + (nth % 50), nth)
    const body = {
      filename: 'f.bin',
      contentType: 'application/octet-stream',
      size: bytes.length,
      expiresIn: 30,
    }
    const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
    if (!slot) throw new Error('no slot')
    const isPut = nth % (UPLOADS / NEVER_PUT) !== 0
    if (isPut) expect(await put(slot, bytes)).toBe(200)
    promised.set(id, isPut ? sha256Of(bytes) : null)
  })

  await inTurns(promised, 100, async ([id, sha256]) => {
    const ended = await untilFinal(berth, id)
    expect([ended.state, ended.object?.sha256 ?? null]).toEqual([
      sha256 ? 'ready' : 'expired',
      sha256,
    ])
  })
  await until('empty staging', async () => (await keysBelow(store, 'staging/')).length === 0)

  expect(sent.lost).toBeGreaterThan(UPLOADS * 0.2)
  expect(sent.doubled).toBeGreaterThan(UPLOADS * 0.1)
  const asked = store.called.filter(
    ({ accessKeyId, operation, key }) =>
      accessKeyId === 'dev-keeper' && /Object$/.test(operation) && !key.includes('doctor-'),
  )
  process.stdout.write(
    `1,000 uploads: ${sent.lost} events lost, ${sent.doubled} doubled; ${asked.length / UPLOADS} store calls per upload\n`,
  )
  expect(asked.length).toBeLessThanOrEqual(4 * UPLOADS)
}, 240_000)
