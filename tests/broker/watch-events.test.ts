import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, eventFor, put, type World } from '../support/world.ts'

let world: World
const bytes = someBytes(10)

beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

async function land(count: number) {
  const issued = []
  for (let nth = 0; nth < count; nth += 1) {
    const one = await world.broker.issueSlot('t', requestFor(bytes))
    await put(one.slot, bytes)
    issued.push(one.upload)
  }
  return issued
}

const health = async () => (await request(world.app).get('/health')).body

describe('event silence', () => {
  it('is told on /health when objects land and no event tells of any, and is no outage', async () => {
    await land(3)
    world.clock.advance(16)
    await world.broker.sweepLooks(10)
    const answer = await request(world.app).get('/health')
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({
      ok: true,
      checks: { records: 'ok', storage: 'ok', events: 'silent', scanner: 'off' },
    })
  })

  it('ends with the first event that names an upload', async () => {
    const [first] = await land(3)
    world.clock.advance(16)
    await world.broker.sweepLooks(10)
    if (first) await world.broker.receiveEvent({ source: 's3', body: eventFor(first) })
    await world.broker.drainInbox(10)
    expect(await health()).toEqual({ ok: true })
  })

  it('is not concluded from one arrival, nor from old ones', async () => {
    await land(1)
    world.clock.advance(16)
    await world.broker.sweepLooks(10)
    expect(await health()).toEqual({ ok: true })
    await land(3)
    world.clock.advance(16)
    await world.broker.sweepLooks(10)
    world.clock.advance(601)
    expect(await health()).toEqual({ ok: true })
  })
})

describe('sweepInbox', () => {
  it('deletes settled events past their retention, and no others', async () => {
    const [upload] = await land(1)
    await world.broker.receiveEvent({ source: 's3', body: '{"Records":[]}' })
    const stranger = { ...upload, stagingKey: upload?.stagingKey.replace(/upl_./, 'upl_f') ?? '' }
    await world.broker.drainInbox(10)
    world.clock.advance(604_801)
    await world.broker.receiveEvent({
      source: 's3',
      body: eventFor({ ...stranger, bucket: 'b' } as never),
    })
    expect(await world.broker.sweepInbox(10)).toBe(1)
    const left = await world.store.db.selectFrom('inbox').select('state').execute()
    expect(left).toEqual([{ state: 'new' }])
  })
})
