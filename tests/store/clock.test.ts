import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openStore } from '../../src/store/store.ts'
import { recordLease } from '../../src/store/transitions.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { createTestBroker, createWorld, put, type World } from '../support/world.ts'
import { requestFor, someBytes } from '../support/uploads.ts'

const TEN_MINUTES_MS = 600_000

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.close())

describe.each([
  ['ten minutes ahead', TEN_MINUTES_MS],
  ['ten minutes behind', -TEN_MINUTES_MS],
])('a node whose clock is %s', (_name, shift) => {
  let world: World
  let databaseUrl: string
  beforeAll(async () => {
    databaseUrl = await postgres.newDatabase()
    world = await createWorld({ databaseUrl })
  })
  afterAll(() => world.close())

  /** The second node: its own idea of the time, the same records. */
  async function shifted() {
    const skews: number[] = []
    const store = openStore(databaseUrl, {
      localTime: () => Date.now() + shift,
      report: { clockSkew: (milliseconds) => void skews.push(milliseconds) },
    })
    await store.prepare({ migrate: true })
    const clock = { now: store.clock.now, advance: () => undefined }
    const { bucket } = world
    const broker = createTestBroker({ store, bucket, clock, profiles: { default: {} } })
    return { store, broker, skews }
  }

  it('goes by the time of the database, and says how far off it is', async () => {
    const { store, skews } = await shifted()
    expect(Math.abs(store.clock.now().getTime() - Date.now())).toBeLessThan(500)
    expect(Math.abs((skews[0] ?? 0) - shift)).toBeLessThan(500)
    await store.close()
  })

  it('looks and expires no earlier, finds work no later, and takes no lease that is alive', async () => {
    const { store, broker } = await shifted()
    const bytes = someBytes(50)
    const waiting = await world.broker.issueSlot('t', requestFor(bytes, { expiresIn: 10 }))
    const arrived = await world.broker.issueSlot('t', requestFor(bytes))
    expect(await put(arrived.slot, bytes)).toBe(200)
    await world.broker.completeUpload('t', arrived.upload.id)

    // Neither the look after 15 seconds is due, nor anything later.
    expect(await broker.sweepLooks(100)).toBe(0)
    const wait = { seconds: 0, signal: new AbortController().signal }
    const stateOf = async (id: string) => (await broker.awaitUpload('t', id, wait)).state
    expect(await stateOf(waiting.upload.id)).toBe('pending')

    // The lease is taken by the first node, and then nobody works on it.
    const [received] = await broker.nextVerifications(1)
    if (!received) throw new Error('nothing is due')
    const at = world.store.clock.now()
    const until = new Date(at.getTime() + 30_000)
    const lease = { node: 'first', until, sealedKey: 'objects/x', graceMs: 60_000 }
    await recordLease(world.store, received, lease, { at, cause: 'worker' })
    expect(await broker.sweepLeases(100)).toBe(0)
    expect(await stateOf(arrived.upload.id)).toBe('verifying')
    await store.close()
  })
})

describe('a clock that is set while the node runs', () => {
  it('moves nothing, as the node counts on from the last answer of the database', async () => {
    let shift = 0
    const url = await postgres.newDatabase()
    const store = openStore(url, { localTime: () => Date.now() + shift })
    await store.prepare({ migrate: true })
    const before = store.clock.now().getTime()
    shift = -86_400_000
    expect(store.clock.now().getTime()).toBeGreaterThanOrEqual(before)
    shift = 86_400_000
    expect(store.clock.now().getTime() - before).toBeLessThan(5_000)
    await store.close()
  })
})
