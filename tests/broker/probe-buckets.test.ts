import { afterEach, describe, expect, it } from '@jest/globals'
import type { Protections } from '../../src/dev/object-store/types.ts'
import { requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, keysBelow, type World } from '../support/world.ts'

let world: World
afterEach(() => world.close())

async function guaranteesWith(protections: Partial<Protections>, declared = true) {
  world = await createWorld({ protections })
  const bytes = someBytes(5)
  const sha256 = declared ? sha256Of(bytes) : null
  const { upload } = await world.broker.issueSlot('t', requestFor(bytes, { sha256 }))
  const before = world.broker.guaranteesFor(upload)
  await world.broker.probeBuckets()
  expect(await keysBelow(world, '')).toEqual([])
  return { before, after: world.broker.guaranteesFor(upload) }
}

const STORAGE = {
  size: 'storage',
  contentType: 'storage',
  sha256: 'storage',
  singleUse: 'storage',
}
const VERIFICATION = {
  size: 'verification',
  contentType: 'verification',
  sha256: 'verification',
  singleUse: 'verification',
}

describe('probeBuckets', () => {
  it('promises nothing in the name of the store before it has tried', async () => {
    const { before } = await guaranteesWith({})
    expect(before).toEqual(VERIFICATION)
  })

  it.each([
    ['everything is enforced', {}, STORAGE],
    ['checksums are ignored', { checksum: false }, { ...STORAGE, sha256: 'verification' }],
    ['slots work twice', { singleUse: false }, { ...STORAGE, singleUse: 'verification' }],
    [
      'signatures are ignored',
      { signature: false },
      { ...STORAGE, size: 'verification', contentType: 'verification' },
    ],
  ])('says so when %s, and leaves nothing behind', async (_what, protections, expected) => {
    expect((await guaranteesWith(protections)).after).toEqual(expected)
  })

  it('promises no checksum for an upload that declared none', async () => {
    const { after } = await guaranteesWith({}, false)
    expect(after.sha256).toBe('verification')
  })

  it('probes once a day, and uses what another node has found meanwhile', async () => {
    await guaranteesWith({})
    const puts = () => world.called.filter(({ operation }) => operation === 'PutObject').length
    const first = puts()
    await world.broker.probeBuckets()
    expect(puts()).toBe(first)
    world.clock.advance(86_401)
    await world.broker.probeBuckets()
    expect(puts()).toBe(2 * first)
  })

  it('leaves nothing for ever, even when it is killed half-way', async () => {
    let isKilled = true
    world = await createWorld({
      spoil: (bucket) => ({
        ...bucket,
        remove: (at) => (isKilled ? Promise.reject(new Error('killed')) : bucket.remove(at)),
      }),
    })
    await expect(world.broker.probeBuckets()).rejects.toThrow('killed')
    isKilled = false
    expect(await keysBelow(world, '')).toHaveLength(1)

    expect(await world.broker.sweepProbes(10)).toBe(0)
    world.clock.advance(46)
    expect(await world.broker.sweepProbes(10)).toBe(1)
    expect(await keysBelow(world, '')).toEqual([])
    expect(await world.broker.sweepProbes(10)).toBe(0)
  })

  it('says nothing new while the store is down', async () => {
    world = await createWorld()
    const { upload } = await world.broker.issueSlot('t', requestFor(someBytes(5)))
    await world.objects.close()
    await expect(world.broker.probeBuckets()).rejects.toThrow()
    expect(world.broker.guaranteesFor(upload)).toEqual(VERIFICATION)
  })
})
