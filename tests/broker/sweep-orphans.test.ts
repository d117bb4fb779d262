import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { namedKeys } from '../../src/store/named-keys.ts'
import { inTurns } from '../support/embedded.ts'
import { createPlant, strangeKey, type Plant } from '../support/plant.ts'
import { readyUpload as makeReady } from '../support/ready-upload.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { BUCKET, createWorld, keysBelow, put, type World } from '../support/world.ts'

const DAY_SECONDS = 86_400
const bytes = someBytes(64)

let world: World
let plant: Plant
beforeEach(async () => {
  world = await createWorld({ profiles: { default: {}, team: { prefix: 'team/' } } })
  plant = createPlant(world.objects.url, world.clock.now)
})
afterEach(() => world.close())

const readyUpload = (profile?: string) => makeReady(world, bytes, profile)

/** Walks through the whole bucket; an hour later a new walk may begin. */
async function walk(runs = 1): Promise<void> {
  world.clock.advance(3601)
  for (let run = 0; run < runs; run += 1) await world.broker.sweepOrphans()
}

const orphans = () => world.store.db.selectFrom('orphans').selectAll().orderBy('key').execute()
const known = async () => (await orphans()).map(({ key }) => key)

describe('sweepOrphans', () => {
  it('finds what no record names below every prefix, also what a probe has left, and nothing else', async () => {
    await readyUpload()
    await readyUpload('team')
    const planted = [
      await plant(strangeKey('objects/')),
      await plant(strangeKey('team/staging/')),
      await plant('staging/doctor-0123456789abcdef/0'),
    ]
    await plant('elsewhere/x')
    await walk()
    expect(await known()).toEqual(planted.sort())
  })

  it('lets a probe finish before it takes its objects for orphans', async () => {
    const key = await plant('staging/doctor-0123456789abcdef/0')
    await world.broker.sweepOrphans()
    expect(await known()).toEqual([])
    await walk()
    expect(await known()).toEqual([key])
  })

  it('takes another object of a known upload for an orphan', async () => {
    const { id } = await readyUpload()
    const planted = await plant(`objects/${id}/${'0'.repeat(32)}`)
    await walk()
    expect(await known()).toEqual([planted])
  })

  it('takes a page of a thousand a run, remembers where it was, and so comes through the bucket', async () => {
    const keys = Array.from({ length: 2_100 }, () => strangeKey('objects/'))
    await inTurns(keys, 20, async (key) => {
      await plant(key)
    })
    const counts: number[] = []
    world.clock.advance(3601)
    for (let run = 0; run < 4; run += 1) {
      await world.broker.sweepOrphans()
      counts.push((await orphans()).length)
    }
    expect(counts).toEqual([1_000, 2_000, 2_100, 2_100])
    expect(await known()).toEqual(keys.sort())
  }, 90_000)

  it('drops what turned out to be named, and what is gone, without forgetting since when the rest is known', async () => {
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    await put(slot, bytes)
    const [gone, stays] = [await plant(strangeKey('objects/')), await plant(strangeKey('objects/'))]
    const unnamed = { staging_due_at: null }
    const update = (set: { staging_due_at: number | null }) =>
      world.store.db.updateTable('uploads').set(set).where('id', '=', upload.id).execute()
    await update(unnamed)
    await walk()
    expect(await known()).toEqual([upload.stagingKey, gone, stays].sort())
    const since = (await orphans()).find(({ key }) => key === stays)?.first_seen_at

    await world.bucket.remove({ bucket: BUCKET, key: gone })
    await update({ staging_due_at: upload.landBy.getTime() })
    await walk()
    expect(await orphans()).toMatchObject([{ key: stays, first_seen_at: since }])
  })

  it('counts an orphan once and loses none when two nodes walk at the same time', async () => {
    const keys = Array.from({ length: 1_500 }, () => strangeKey('objects/'))
    await inTurns(keys, 20, async (key) => {
      await plant(key)
    })
    world.clock.advance(3601)
    for (let run = 0; run < 3; run += 1) {
      await Promise.all([world.broker.sweepOrphans(), world.broker.sweepOrphans()])
    }
    expect(await known()).toEqual(keys.sort())
  }, 90_000)

  it('lists nothing between two walks', async () => {
    await walk()
    const lists = () => world.called.filter(({ operation }) => operation === 'ListObjectsV2').length
    const before = lists()
    await world.broker.sweepOrphans()
    expect(lists()).toBe(before)
  })
})

describe('removeOrphans', () => {
  it('removes an orphan a day after it was first seen, not before, and leaves the rest of the bucket', async () => {
    await readyUpload()
    const kept = await keysBelow(world, '')
    await plant(strangeKey('objects/'))
    await plant(strangeKey('staging/'))
    await walk()
    world.clock.advance(DAY_SECONDS - 1)
    expect(await world.broker.removeOrphans(10)).toBe(0)
    world.clock.advance(2)
    expect(await world.broker.removeOrphans(10)).toBe(2)
    expect(await keysBelow(world, '')).toEqual(kept)
    expect(await orphans()).toEqual([])
  })

  it('keeps what records from a backup name again by then, however long it was an orphan', async () => {
    const { id } = await readyUpload()
    const [key = ''] = await keysBelow(world, 'objects/')
    const store = world.store.db
    const row = await store.selectFrom('uploads').selectAll().where('id', '=', id).execute()
    await store.deleteFrom('uploads').where('id', '=', id).execute()
    await walk()
    expect(await known()).toContain(key)

    await store.insertInto('uploads').values(row).execute()
    world.clock.advance(2 * DAY_SECONDS)
    await world.broker.removeOrphans(10)
    expect(await keysBelow(world, 'objects/')).toEqual([key])
    expect(await orphans()).toEqual([])
  })

  it('is harmless on two nodes at once', async () => {
    for (let count = 0; count < 20; count += 1) await plant(strangeKey('objects/'))
    await walk()
    world.clock.advance(DAY_SECONDS)
    await Promise.all([world.broker.removeOrphans(50), world.broker.removeOrphans(50)])
    expect([await keysBelow(world, 'objects/'), await orphans()]).toEqual([[], []])
  })

  it('begins the grace anew when an object disappears and comes back', async () => {
    const key = await plant(strangeKey('objects/'))
    await walk()
    await world.bucket.remove({ bucket: BUCKET, key })
    await walk()
    await plant(key)
    await walk()
    world.clock.advance(DAY_SECONDS - 3_000)
    expect(await world.broker.removeOrphans(10)).toBe(0)
  })
})

describe('namedKeys', () => {
  it('names every object of an upload at every step of its life', async () => {
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    const check = async (): Promise<void> => {
      const keys = await keysBelow(world, '')
      expect([...(await namedKeys(world.store, BUCKET, keys))].sort()).toEqual(
        expect.arrayContaining(keys),
      )
    }
    await check()
    await put(slot, bytes)
    await check()
    await world.broker.completeUpload('t', upload.id)
    await check()
    await world.work()
    await check()
    await world.broker.cancelUpload('t', upload.id)
    await check()
    world.clock.advance(5_000)
    await world.broker.sweepClaims(10)
    await world.broker.sweepStaging(10)
    expect(await keysBelow(world, '')).toEqual([])
  })

  it('does not take the same key of another bucket for a named one', async () => {
    const upload = await readyUpload()
    expect([...(await namedKeys(world.store, BUCKET, [upload.stagingKey]))]).toHaveLength(2)
    expect([...(await namedKeys(world.store, 'other', [upload.stagingKey]))]).toEqual([])
  })
})
