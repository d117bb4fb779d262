import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { inTurns, startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, download, put } from '../support/world.ts'

const UPLOADS = 100
const SIZE = 20_000
const BODIES = Array.from({ length: 50 }, (_, seed) => someBytes(SIZE, seed))
const bodyOf = (round: number): Buffer => BODIES[round % BODIES.length] ?? Buffer.alloc(SIZE)

let berth: Berth
let store: Embedded

beforeAll(async () => {
  const storePort = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${storePort}`))
  await berth.start()
  // The store lets the same slot be used again and again: nothing but the claim protects.
  store = await startEmbedded({
    port: storePort,
    eventsUrl: null,
    protections: { singleUse: false },
  })
})
afterAll(async () => {
  await store.close()
  await berth.close()
})

it('serves the bytes it verified, of 100 uploads that are overwritten in a tight loop before, during and after', async () => {
  let overwrites = 0
  const states = new Map<string, number>()
  await inTurns(Array.from({ length: UPLOADS }).keys(), 4, async (nth) => {
    const body = { filename: 'f', contentType: 'application/octet-stream', size: SIZE }
    const issued = await call(berth, 'POST', '/v1/uploads', body)
    if (issued.slot) await put(issued.slot, bodyOf(nth))
    const attack = new AbortController()
    const attacker = (async () => {
      for (let round = 0; !attack.signal.aborted; round += 1) {
        if (issued.slot) await put(issued.slot, bodyOf(nth + round))
        overwrites += 1
      }
    })()
    await call(berth, 'POST', `/v1/uploads/${issued.id}/complete`)
    const ended = await untilFinal(berth, issued.id)
    states.set(ended.state, (states.get(ended.state) ?? 0) + 1)
    if (ended.state === 'ready') {
      // Served several times while the attacker goes on.
      for (let look = 0; look < 5; look += 1) await checkServed(ended)
    } else {
      expect(ended.rejection?.reason).toBe('unstable-source')
    }
    attack.abort()
    await attacker
    if (ended.state === 'ready') await checkServed(ended)
  })
  process.stdout.write(
    `${overwrites} overwrites of ${UPLOADS} uploads: ${JSON.stringify(Object.fromEntries(states))}\n`,
  )
  expect(states.get('ready') ?? 0).toBeGreaterThan(0)
}, 120_000)

async function checkServed({ id, object }: Shown): Promise<void> {
  const { url } = await call<{ url: string }>(berth, 'GET', `/v1/uploads/${id}/download`)
  expect(sha256Of((await download(url)).bytes)).toBe(object?.sha256)
}
