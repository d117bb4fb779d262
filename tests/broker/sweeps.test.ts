import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { findById } from '../../src/store/uploads.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, eventFor, keysBelow, put, type World } from '../support/world.ts'

let world: World
const bytes = someBytes(64)

beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

const issue = () => world.broker.issueSlot('t', requestFor(bytes))
const stateOf = async (id: string) => (await findById(world.store, id))?.state

describe('sweepLooks', () => {
  it('finds an object that no event told of, fifteen seconds after the slot was issued', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    expect(await world.broker.sweepLooks(10)).toBe(0)
    world.clock.advance(16)
    expect(await world.broker.sweepLooks(10)).toBe(1)
    expect(await stateOf(upload.id)).toBe('received')
  })

  it('expires an upload after landBy, not before', async () => {
    const { upload } = await issue()
    world.clock.advance(900 + 1020 - 1)
    await world.broker.sweepLooks(10)
    expect(await stateOf(upload.id)).toBe('pending')
    world.clock.advance(2)
    await world.broker.sweepLooks(10)
    expect(await stateOf(upload.id)).toBe('expired')
  })

  it('still accepts an object that lies there when landBy has passed', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    world.clock.advance(5000)
    await world.broker.sweepLooks(10)
    expect(await stateOf(upload.id)).toBe('received')
  })

  it('spends no more HEADs than its budget', async () => {
    for (let count = 0; count < 5; count += 1) await issue()
    world.clock.advance(16)
    expect(await world.broker.sweepLooks(3)).toBe(3)
    expect(world.called.filter(({ operation }) => operation === 'HeadObject')).toHaveLength(3)
  })
})

describe('sweepStaging', () => {
  it('leaves the staging object until landBy, as it keeps the slot single-use, then deletes it', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    expect(await world.broker.sweepStaging(10)).toBe(0)
    expect(await put(slot, bytes)).toBe(412)

    world.clock.advance(2000)
    expect(await world.broker.sweepStaging(10)).toBe(1)
    expect(await keysBelow(world, 'staging/')).toEqual([])
    expect(await world.broker.sweepStaging(10)).toBe(0)
  })

  it('deletes what landed for an upload that was canceled', async () => {
    const { upload, slot } = await issue()
    await world.broker.cancelUpload('t', upload.id)
    await put(slot, bytes)
    world.clock.advance(2000)
    await world.broker.sweepStaging(10)
    expect(await keysBelow(world, 'staging/')).toEqual([])
  })
})

describe('sweepClaims', () => {
  it('deletes the object of a deleted upload', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    await world.broker.cancelUpload('t', upload.id)
    expect(await keysBelow(world, 'objects/')).toHaveLength(1)
    await world.broker.sweepClaims(10)
    expect(await keysBelow(world, 'objects/')).toEqual([])
  })
})

describe('drainInbox', () => {
  const inboxStates = async () =>
    (await world.store.db.selectFrom('inbox').select('state').execute()).map(({ state }) => state)

  it('looks once at an upload, however many events name it', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    for (let nth = 0; nth < 50; nth += 1) {
      await world.broker.receiveEvent({ source: 's3', body: eventFor(upload, nth % 25) })
    }
    expect(await world.broker.drainInbox(100)).toBe(25)
    expect(await stateOf(upload.id)).toBe('received')
    expect(world.called.filter(({ operation }) => operation === 'HeadObject')).toHaveLength(1)
    expect(new Set(await inboxStates())).toEqual(new Set(['matched']))
  })

  it.each([
    ['poison', 'not JSON'],
    ['ignored', '{"Event":"s3:TestEvent"}'],
    ['ignored', '{"Records":[]}'],
    [
      'ignored',
      '{"Records":[{"eventName":"s3:ObjectCreated:Copy","s3":{"bucket":{"name":"b"},"object":{"key":"objects/x"}}}]}',
    ],
  ])('settles as %s: %s', async (state, body) => {
    await world.broker.receiveEvent({ source: 's3', body })
    await world.broker.drainInbox(10)
    expect(await inboxStates()).toEqual([state])
    world.clock.advance(3600)
    expect(await world.broker.drainInbox(10)).toBe(0)
  })

  it('tries an event that overtook its record again, for a day', async () => {
    const { upload } = await issue()
    const stranger = { ...upload, stagingKey: upload.stagingKey.replace(/upl_./, 'upl_f') }
    await world.broker.receiveEvent({ source: 's3', body: eventFor(stranger) })
    await world.broker.drainInbox(10)
    expect(await inboxStates()).toEqual(['unmatched'])
    world.clock.advance(31)
    expect(await world.broker.drainInbox(10)).toBe(1)
    world.clock.advance(90_000)
    expect(await world.broker.drainInbox(10)).toBe(1)
    world.clock.advance(90_000)
    expect(await world.broker.drainInbox(10)).toBe(0)
  })

  it('keeps an event while the object store is down, and uses it afterwards', async () => {
    const { upload, slot } = await issue()
    await put(slot, bytes)
    await world.broker.receiveEvent({ source: 's3', body: eventFor(upload) })
    await world.objects.close()
    await world.broker.drainInbox(10)
    expect(await inboxStates()).toEqual(['new'])
    expect(await stateOf(upload.id)).toBe('pending')
  })
})
