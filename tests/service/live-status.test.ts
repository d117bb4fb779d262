import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { readEvents } from '../support/event-reader.ts'
import { until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { put } from '../support/world.ts'

let berth: Berth
let store: Embedded
beforeEach(async () => {
  store = await startEmbedded({ port: 0, eventsUrl: null })
  berth = await createBerth(store.config)
  await berth.start()
})
afterEach(async () => {
  await berth.close()
  await store.close()
})

const BYTES = someBytes(10)
const body = { filename: 'f', contentType: 'application/octet-stream', size: BYTES.length }

describe('the live status of a running Berth', () => {
  it('tells an upload all the way to ready', async () => {
    const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
    const reader = await readEvents({ ...berth, id })
    if (slot) await put(slot, BYTES)
    await call(berth, 'POST', `/v1/uploads/${id}/complete`)
    await reader.ended
    const states = reader.told.map(({ event }) => event)
    expect([states[0], states.at(-1)]).toEqual(['upload.pending', 'upload.ready'])
  })

  it('ends at SIGTERM, and holds the exit up by nothing', async () => {
    const { id } = await call(berth, 'POST', '/v1/uploads', body)
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => readEvents({ ...berth, id })),
    )
    await until('all of them', () =>
      Promise.resolve(readers.every(({ told }) => told.length === 1)),
    )
    const startedAt = performance.now()
    const stopped = berth.stop()
    await Promise.all(readers.map(({ ended }) => ended))
    expect(await stopped).toBe(0)
    // What a node takes to say farewell (DRAIN_SECONDS), and a little.
    expect(performance.now() - startedAt).toBeLessThan(6_000)
  })
})
