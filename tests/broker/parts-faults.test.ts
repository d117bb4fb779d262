import { afterEach, describe, expect, it } from '@jest/globals'
import type { Bucket } from '../../src/bucket/bucket.ts'
import { Problem, storageUnavailable } from '../../src/problems.ts'
import { findById } from '../../src/store/uploads.ts'
import { PARTS_PROFILE, sendParts, THREE_PARTS, unfinished } from '../support/parts.ts'
import { requestFor } from '../support/uploads.ts'
import { createWorld, download, type World } from '../support/world.ts'

let world: World
afterEach(() => world.close())

/** @param spoil what the store does otherwise. */
const start = async (spoil: (bucket: Bucket) => Bucket): Promise<void> => {
  world = await createWorld({ profiles: { default: PARTS_PROFILE }, spoil })
}

const issue = async () => (await world.broker.issueSlot('t', requestFor(THREE_PARTS))).upload

const complete = (id: string) => world.broker.completeUpload('t', id)

const slugOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no problem',
    (error: unknown) => {
      if (error instanceof Problem) return error.fields.slug
      throw error
    },
  )

async function servedAfter(id: string): Promise<Buffer> {
  await world.work()
  const { url } = await world.broker.downloadUpload('t', id, null)
  return (await download(url)).bytes
}

describe('a completion that the store still works on when nobody waits any more', () => {
  let finish: (() => Promise<unknown>) | null
  /** Until then the store knows neither the parts nor the object, as versitygw does. */
  const working = (bucket: Bucket): Bucket => ({
    ...bucket,
    completeAssembly: (location, completion) => {
      finish = () => bucket.completeAssembly(location, completion)
      throw storageUnavailable()
    },
    listParts: (location, assembly) =>
      finish === null ? bucket.listParts(location, assembly) : Promise.resolve(null),
  })

  /** While it makes the object, its list of parts gets shorter. */
  const taking = (bucket: Bucket): Bucket => ({
    ...working(bucket),
    listParts: async (location, assembly) => {
      const listed = await bucket.listParts(location, assembly)
      return finish === null ? listed : (listed?.slice(2) ?? null)
    },
  })

  const startedOne = async (spoil = working) => {
    finish = null
    await start(spoil)
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    expect(await slugOf(complete(upload.id))).toBe('storage-unavailable')
    return upload
  }

  it('is waited for: nobody is told that nothing is there', async () => {
    const upload = await startedOne()
    expect(await slugOf(complete(upload.id))).toBe('storage-unavailable')
    expect(await slugOf(world.broker.listParts('t', upload.id))).toBe('storage-unavailable')
    expect((await findById(world.store, upload.id))?.assembly).not.toBeNull()
    await finish?.()
    expect((await complete(upload.id)).state).toBe('received')
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('is waited for: nobody is told that parts are missing which it has taken already', async () => {
    const upload = await startedOne(taking)
    expect(await slugOf(complete(upload.id))).toBe('storage-unavailable')
    await finish?.()
    expect((await complete(upload.id)).state).toBe('received')
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('is taken for over in the end, and the parts can be sent again', async () => {
    const upload = await startedOne()
    world.clock.advance(70)
    expect(await slugOf(complete(upload.id))).toBe('object-not-found-yet')
    expect(await world.broker.listParts('t', upload.id)).toEqual([])
    finish = null
    expect(await sendParts(world.broker, upload, THREE_PARTS)).toEqual([200, 200, 200])
  })
})

describe('a second completion', () => {
  it('that comes upon an upload which the first has made ready meanwhile says so', async () => {
    let meanwhile = async (): Promise<void> => Promise.resolve()
    await start((bucket) => ({
      ...bucket,
      listParts: async (location, assembly) => {
        await meanwhile()
        return bucket.listParts(location, assembly)
      },
    }))
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    meanwhile = async () => {
      meanwhile = () => Promise.resolve()
      await complete(upload.id)
      await world.work()
      await world.broker.sweepStaging(10)
    }
    expect((await complete(upload.id)).state).toBe('ready')
  })
})

describe('a list of parts', () => {
  it('that was read while another completion took them says nothing: the object is there', async () => {
    let meanwhile: (() => Promise<unknown>) | null = null
    await start((bucket) => ({
      ...bucket,
      listParts: async (location, assembly) => {
        const act = meanwhile
        meanwhile = null
        await act?.()
        return act ? [] : bucket.listParts(location, assembly)
      },
    }))
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    meanwhile = () => complete(upload.id)
    expect((await complete(upload.id)).state).toBe('received')
  })
})

describe('a store that will not list parts', () => {
  const refusing = (bucket: Bucket): Bucket => ({
    ...bucket,
    listParts: () => Promise.reject(storageUnavailable()),
  })
  const gatherNext = async (): Promise<string[]> => {
    const due = await world.broker.nextGatherings(1)
    return Promise.all(due.map((upload) => slugOf(world.broker.gatherDue(upload))))
  }

  it('keeps no other upload waiting', async () => {
    await start(refusing)
    for (let nth = 0; nth < 2; nth += 1) await sendParts(world.broker, await issue(), THREE_PARTS)
    world.clock.advance(901)
    expect(await gatherNext()).toEqual(['storage-unavailable'])
    expect(await gatherNext()).toEqual(['storage-unavailable'])
    expect(await gatherNext()).toEqual([])
    world.clock.advance(31)
    expect(await gatherNext()).toEqual(['storage-unavailable'])
  })

  it('is not waited for beyond the time after which everything is given up', async () => {
    await start(refusing)
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    world.clock.advance(3_000)
    await gatherNext()
    expect((await findById(world.store, upload.id))?.state).toBe('pending')
    world.clock.advance(86_400)
    await gatherNext()
    expect((await findById(world.store, upload.id))?.state).toBe('expired')
    await world.broker.sweepStaging(10)
    expect(await unfinished(world)).toEqual([])
  })
})
