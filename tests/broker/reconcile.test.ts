import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mergeByKey } from '../../src/broker/merge-by-key.ts'
import { reconcile, type Difference } from '../../src/broker/reconcile.ts'
import { parseProfiles } from '../../src/profiles.ts'
import { findById } from '../../src/store/uploads.ts'
import { createPlant, strangeKey, type Plant } from '../support/plant.ts'
import { readyUpload as makeReady } from '../support/ready-upload.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { BUCKET, createWorld, put, type World } from '../support/world.ts'

const profiles = { default: {}, team: { prefix: 'team/' }, odd: { prefix: 'objects/' } }
const bytes = someBytes(64)

let world: World
let plant: Plant
beforeEach(async () => {
  world = await createWorld({ profiles })
  plant = createPlant(world.objects.url, world.clock.now)
})
afterEach(() => world.close())

async function readyUpload(profile = 'default') {
  const upload = await makeReady(world, bytes, profile)
  const { sealedKey } = (await findById(world.store, upload.id)) ?? {}
  return { id: upload.id, key: sealedKey ?? '' }
}

async function differences(named: Record<string, object> = profiles): Promise<Difference[]> {
  const found: Difference[] = []
  const deps = { ...world, profiles: parseProfiles({ profiles: named }, 'test') }
  for await (const difference of reconcile(deps)) found.push(difference)
  return found
}

const remove = (key: string) => world.bucket.remove({ bucket: BUCKET, key })

describe('reconcile', () => {
  it('finds nothing at any step of an upload, with any prefix', async () => {
    for (const profile of Object.keys(profiles)) {
      const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes, { profile }))
      expect(await differences()).toEqual([])
      await put(slot, bytes)
      expect(await differences()).toEqual([])
      await world.broker.completeUpload('t', upload.id)
      await world.work()
      expect(await differences()).toEqual([])
    }
    const { id } = await readyUpload()
    await world.broker.cancelUpload('t', id)
    expect(await differences()).toEqual([])
  })

  it('names each object that no record names, each ready record without its object, and each wrong size', async () => {
    const [lost, , changed] = [await readyUpload(), await readyUpload('team'), await readyUpload()]
    const unnamed = [await plant(strangeKey('objects/'))]
    unnamed.push(await plant(strangeKey('team/staging/')))
    await remove(lost.key)
    await world.store.db
      .updateTable('uploads')
      .set({ size: 63 })
      .where('id', '=', changed.id)
      .execute()

    const found = await differences()
    const bucket = BUCKET
    const [lostId, changedId] = [lost.id, changed.id]
    expect(found).toHaveLength(4)
    expect(found).toContainEqual({
      ...{ kind: 'lost', uploadId: lostId, bucket, key: lost.key, recorded: 64, found: null },
    })
    expect(found).toContainEqual({
      ...{ kind: 'wrong-size', uploadId: changedId, bucket, key: changed.key },
      ...{ recorded: 63, found: 64 },
    })
    for (const key of unnamed) {
      const uploadId = key.split('/').at(-2)
      expect(found).toContainEqual({
        ...{ kind: 'unnamed', uploadId, bucket, key, recorded: null, found: 64 },
      })
    }
  })

  it('still finds a lost object when its profile has left the file', async () => {
    const [lost] = [await readyUpload('team'), await readyUpload('team')]
    await remove(lost.key)
    expect(await differences({ default: {} })).toMatchObject([{ kind: 'lost', uploadId: lost.id }])
  })

  it('says nothing about what changed between the listing and the look', async () => {
    const kept = await readyUpload()
    const key = await plant(strangeKey('objects/'))
    const list: World['bucket']['list'] = async function* (...args) {
      yield* world.bucket.list(...args)
      await remove(key)
      await world.broker.cancelUpload('t', kept.id)
      await remove(kept.key)
    }
    const found = []
    const deps = {
      ...world,
      bucket: { ...world.bucket, list },
      profiles: parseProfiles({ profiles: { default: {} } }, 't'),
    }
    for await (const difference of reconcile(deps)) found.push(difference)
    expect(found).toEqual([])
  })
})

describe('mergeByKey', () => {
  async function* each(keys: Iterable<string>) {
    for (const key of keys) yield Promise.resolve({ key })
  }

  it('gives each key of either side once, in order, and says which side has it', async () => {
    const side = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(side, side, async (left, right) => {
        const merged: string[] = []
        for await (const [a, b] of mergeByKey(each([...left].sort()), each([...right].sort()))) {
          const key = a?.key ?? b?.key ?? ''
          merged.push(key)
          expect([a !== null, b !== null]).toEqual([left.includes(key), right.includes(key)])
        }
        expect(merged).toEqual([...new Set([...left, ...right])].sort())
      }),
    )
  })
})
