import { afterEach, describe, expect, it } from '@jest/globals'
import type { Bucket } from '../../src/bucket/bucket.ts'
import { Problem } from '../../src/problems.ts'
import { findById } from '../../src/store/uploads.ts'
import {
  lookForArrivals,
  PARTS_PROFILE,
  pieceOf,
  sendParts,
  THREE_PARTS,
  unfinished,
} from '../support/parts.ts'
import { send } from '../support/raw-put.ts'
import { aSlotRequest, requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import {
  createTestBroker,
  createWorld,
  download,
  keysBelow,
  type World,
  type WorldOptions,
} from '../support/world.ts'

const MIB = 1024 ** 2
const OTHER = someBytes(THREE_PARTS.length, 5)
const PLAN = { size: 8 * MIB, count: 3 }

let world: World
afterEach(() => world.close())

const start = async (options: WorldOptions = {}): Promise<void> => {
  world = await createWorld({ profiles: { default: PARTS_PROFILE }, ...options })
}

const issue = async (sha256: string | null = null) =>
  (await world.broker.issueSlot('t', requestFor(THREE_PARTS, { sha256 }))).upload

const recordOf = async (id: string) => {
  const upload = await findById(world.store, id)
  if (!upload) throw new Error('no record')
  return upload
}
const stateOf = async (id: string) => (await recordOf(id)).state

const slugOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no problem',
    (error: unknown) => {
      if (error instanceof Problem) return error.fields.slug
      throw error
    },
  )

const complete = (id: string) => world.broker.completeUpload('t', id)

/** What is served, once it was verified. */
async function servedAfter(id: string): Promise<Buffer> {
  await world.work()
  const { url } = await world.broker.downloadUpload('t', id, null)
  return (await download(url)).bytes
}

/** Once nothing can land any more, neither parts nor a staging object are left. */
async function expectNothingLeft(): Promise<void> {
  world.clock.advance(100_000)
  await lookForArrivals(world.broker)
  await world.broker.sweepStaging(100)
  expect(await unfinished(world)).toEqual([])
  expect(await keysBelow(world, 'staging/')).toEqual([])
}

/** A bucket whose n-th completion is preceded by some mischief. */
const beforeCompletion =
  (mischief: (nth: number) => Promise<void>) =>
  (bucket: Bucket): Bucket => {
    let nth = 0
    return {
      ...bucket,
      completeAssembly: async (location, completion) => {
        nth += 1
        await mischief(nth)
        return bucket.completeAssembly(location, completion)
      },
    }
  }

describe('an upload in parts', () => {
  it('becomes ready with every byte once all parts are there, and leaves nothing unfinished', async () => {
    await start()
    const upload = await issue(sha256Of(THREE_PARTS))
    expect(upload.parts).toEqual(PLAN)
    expect(await sendParts(world.broker, upload, THREE_PARTS)).toEqual([200, 200, 200])
    expect((await complete(upload.id)).state).toBe('received')
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
    const { object } = await recordOf(upload.id)
    expect(object?.sha256).toBe(sha256Of(THREE_PARTS))
    expect(await unfinished(world)).toEqual([])
    await expectNothingLeft()
    expect(await keysBelow(world, 'objects/')).toHaveLength(1)
  })

  it('is refused while a part is missing, naming it, and stays pending', async () => {
    await start()
    const upload = await issue()
    expect(await slugOf(complete(upload.id))).toBe('object-not-found-yet')
    await sendParts(world.broker, upload, THREE_PARTS, [1, 3])
    await expect(complete(upload.id)).rejects.toMatchObject({
      fields: { slug: 'parts-incomplete', detail: 'of 3 parts 1 are missing: 2' },
    })
    expect(await stateOf(upload.id)).toBe('pending')
    await sendParts(world.broker, upload, THREE_PARTS, [2])
    await complete(upload.id)
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('is refused while a part that a careless store took has another length, and never cut short', async () => {
    await start({ protections: { signature: false } })
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    const [slot] = await world.broker.signParts('t', upload.id, [2])
    expect(await send(slot ?? null, pieceOf(THREE_PARTS, PLAN, 2).subarray(1))).toBe(200)
    expect(await slugOf(complete(upload.id))).toBe('parts-incomplete')
    await sendParts(world.broker, upload, THREE_PARTS, [2])
    await complete(upload.id)
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('has a part of another length refused by the store', async () => {
    await start()
    const upload = await issue()
    const [slot] = await world.broker.signParts('t', upload.id, [3])
    expect(slot?.size).toBe(17)
    expect(await send(slot ?? null, someBytes(16))).toBe(403)
    expect(await send(slot ?? null, someBytes(18))).toBe(403)
    expect(await world.broker.listParts('t', upload.id)).toEqual([])
  })

  it('tells from the store where to resume', async () => {
    await start()
    const upload = await issue()
    expect(await world.broker.listParts('t', upload.id)).toEqual([])
    await sendParts(world.broker, upload, THREE_PARTS, [3, 1])
    const held = await world.broker.listParts('t', upload.id)
    expect(held.map(({ number, size }) => [number, size])).toEqual([
      [1, 8 * MIB],
      [3, 17],
    ])
    expect(await sendParts(world.broker, upload, THREE_PARTS, [2])).toEqual([200])
    await complete(upload.id)
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
    expect(await slugOf(world.broker.listParts('t', upload.id))).toBe('illegal-state')
  })
})

describe('a part that is replaced after completion began', () => {
  it('is in the object as it then is, whole: the list is read again', async () => {
    let replace = async (): Promise<unknown> => Promise.resolve()
    await start({
      spoil: beforeCompletion(async (nth) => {
        if (nth === 1) await replace()
      }),
    })
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    replace = () => sendParts(world.broker, upload, OTHER, [1])
    await complete(upload.id)
    const expected = Buffer.concat([pieceOf(OTHER, PLAN, 1), THREE_PARTS.subarray(8 * MIB)])
    expect((await servedAfter(upload.id)).equals(expected)).toBe(true)
  })

  it('ends the upload as rejected when it breaks the declared SHA-256', async () => {
    let replace = async (): Promise<unknown> => Promise.resolve()
    await start({ spoil: beforeCompletion(() => replace().then(() => undefined)) })
    const upload = await issue(sha256Of(THREE_PARTS))
    await sendParts(world.broker, upload, THREE_PARTS)
    replace = () => sendParts(world.broker, upload, OTHER, [1])
    await complete(upload.id)
    await world.work()
    expect(await recordOf(upload.id)).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'sha256-mismatch' },
    })
    await expectNothingLeft()
  })

  it('without rest holds the completion up, and nothing is made', async () => {
    let replace: (nth: number) => Promise<unknown> = () => Promise.resolve()
    await start({ spoil: beforeCompletion((nth) => replace(nth).then(() => undefined)) })
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    replace = (nth) => sendParts(world.broker, upload, nth % 2 === 0 ? THREE_PARTS : OTHER, [1])
    expect(await slugOf(complete(upload.id))).toBe('storage-unavailable')
    expect(await keysBelow(world, 'staging/')).toEqual([])
    replace = () => Promise.resolve()
    await complete(upload.id)
    expect(await stateOf(upload.id)).toBe('received')
  })
})

describe('completions', () => {
  it('two at once, on two nodes, make one object and are both told that it has arrived', async () => {
    await start()
    const { store, bucket, clock } = world
    const profiles = { default: PARTS_PROFILE }
    const node = () => createTestBroker({ store, bucket, clock, profiles })
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    const nodes = [node(), node(), node()]
    const told = await Promise.all(nodes.map((each) => each.completeUpload('t', upload.id)))
    expect(told.map(({ state }) => state)).toEqual(['received', 'received', 'received'])
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
    await expectNothingLeft()
  })

  it('may be repeated in every state that comes after', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    await complete(upload.id)
    expect((await complete(upload.id)).state).toBe('received')
    await world.work()
    expect((await complete(upload.id)).state).toBe('ready')
  })

  it('after a cancel are refused, and nothing can be sent any more', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    const [late] = await world.broker.signParts('t', upload.id, [2])
    await world.broker.cancelUpload('t', upload.id)
    await world.broker.sweepStaging(100)
    expect(await unfinished(world)).toEqual([])
    expect(await send(late ?? null, pieceOf(OTHER, PLAN, 2))).toBe(404)
    expect(await slugOf(complete(upload.id))).toBe('illegal-state')
    expect(await slugOf(world.broker.signParts('t', upload.id, [1]))).toBe('illegal-state')
    expect(await slugOf(world.broker.listParts('t', upload.id))).toBe('illegal-state')
    expect(await keysBelow(world, '')).toEqual([])
    await expectNothingLeft()
  })

  it('after an end behind our back find nothing; the parts can be sent again', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    const { bucket, stagingKey: key } = upload
    await world.bucket.abortAssemblies({ bucket, key })
    expect(await slugOf(complete(upload.id))).toBe('object-not-found-yet')
    expect(await world.broker.listParts('t', upload.id)).toEqual([])
    expect(await sendParts(world.broker, upload, THREE_PARTS)).toEqual([200, 200, 200])
    await complete(upload.id)
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('whose answer was lost are found again by whoever asks next', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    const { bucket, stagingKey: key } = upload
    const { assembly } = await recordOf(upload.id)
    const parts = await world.broker.listParts('t', upload.id)
    await world.bucket.completeAssembly({ bucket, key }, { assembly: assembly ?? '', parts })
    expect(await slugOf(world.broker.listParts('t', upload.id))).toBe('illegal-state')
    expect(await stateOf(upload.id)).toBe('received')
  })
})

describe('the clock', () => {
  it('makes whole what a client sent entirely before it vanished', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS)
    world.clock.advance(300)
    await lookForArrivals(world.broker)
    // The client may still be replacing a part.
    expect(await stateOf(upload.id)).toBe('pending')
    world.clock.advance(601)
    await lookForArrivals(world.broker)
    expect(await stateOf(upload.id)).toBe('received')
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })

  it('expires what is not all there after landBy, and ends it in the store', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS, [1, 2])
    world.clock.advance(901)
    await lookForArrivals(world.broker)
    expect(await stateOf(upload.id)).toBe('pending')
    expect(await unfinished(world)).toHaveLength(1)
    world.clock.advance(1_100)
    await lookForArrivals(world.broker)
    expect(await stateOf(upload.id)).toBe('expired')
    expect(await slugOf(complete(upload.id))).toBe('upload-expired')
    await world.broker.sweepStaging(10)
    expect(await unfinished(world)).toEqual([])
    await expectNothingLeft()
  })

  it('waits for as long as one part may take, from the last time that one was asked for', async () => {
    await start()
    const { upload } = await world.broker.issueSlot('t', aSlotRequest({ size: 5 * 1024 ** 4 }))
    const seconds = (525 * MIB) / (64 * 1024) + 120
    const after = ({ slotExpiresAt, landBy }: { slotExpiresAt: Date; landBy: Date }) =>
      (landBy.getTime() - slotExpiresAt.getTime()) / 1000
    expect(after(upload)).toBe(seconds)
    for (let hours = 0; hours < 5; hours += 1) {
      world.clock.advance(7_200)
      await world.broker.signParts('t', upload.id, [9_987])
      await lookForArrivals(world.broker)
    }
    const renewed = await recordOf(upload.id)
    expect([renewed.state, after(renewed)]).toEqual(['pending', seconds])
    await expectNothingLeft()
    expect(await stateOf(upload.id)).toBe('expired')
  })

  it('ends what is begun at a key after a cancel, once nothing can land there any more', async () => {
    await start()
    const upload = await issue()
    await world.broker.cancelUpload('t', upload.id)
    await world.broker.sweepStaging(100)
    // As if a node that died had been about to begin it.
    await world.bucket.beginAssembly({ bucket: upload.bucket, key: upload.stagingKey }, 'a/b')
    await world.broker.sweepStaging(100)
    expect(await unfinished(world)).toHaveLength(1)
    await expectNothingLeft()
    expect((await world.broker.sweepStaging(100)) + (await world.broker.sweepStaging(100))).toBe(0)
  })

  it('ends what no record names after the grace, and nothing that one does', async () => {
    await start()
    const upload = await issue()
    await sendParts(world.broker, upload, THREE_PARTS, [1])
    const stray = upload.stagingKey.replace(/[0-9a-f]{4}$/, '0000')
    await world.bucket.beginAssembly({ bucket: upload.bucket, key: stray }, 'a/b')
    await world.broker.sweepAssemblies()
    expect(await unfinished(world)).toHaveLength(2)
    world.clock.advance(86_401)
    await world.broker.sweepAssemblies()
    expect(await unfinished(world)).toEqual([upload.stagingKey])
  })
})

describe('POST parts on two nodes at once', () => {
  it('gathers in one multipart upload, and ends the others', async () => {
    await start()
    const upload = await issue()
    const { store, bucket, clock } = world
    const profiles = { default: PARTS_PROFILE }
    const nodes = [1, 2, 3].map(() => createTestBroker({ store, bucket, clock, profiles }))
    const sent = await Promise.all(
      nodes.map((node, index) => sendParts(node, upload, THREE_PARTS, [index + 1])),
    )
    expect(sent.flat()).toEqual([200, 200, 200])
    expect(await unfinished(world)).toHaveLength(1)
    await complete(upload.id)
    expect((await servedAfter(upload.id)).equals(THREE_PARTS)).toBe(true)
  })
})
