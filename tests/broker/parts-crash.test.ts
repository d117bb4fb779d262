import { expect, it } from '@jest/globals'
import { Problem } from '../../src/problems.ts'
import { findById } from '../../src/store/uploads.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { Crashed, createFuse } from '../support/fuse.ts'
import { lookForArrivals, PARTS_PROFILE, sendParts, unfinished } from '../support/parts.ts'
import { requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import {
  createTestBroker,
  createWorld,
  download,
  keysBelow,
  verifyAllDue,
  type World,
} from '../support/world.ts'

const BYTES = someBytes(8 * 1024 ** 2 + 9)
const DECLARED = requestFor(BYTES, { sha256: sha256Of(BYTES) })
const FIRST_LIFE = [1, 2]

type Life = (broker: Broker, id: string) => Promise<unknown>

/** What a client does, as far as the process lives. */
const whole: Life = async (broker, id) => {
  const upload = { id, parts: { size: 8 * 1024 ** 2, count: 2 } }
  await sendParts(broker, upload, BYTES, FIRST_LIFE)
  await broker.listParts('t', id)
  await broker.completeUpload('t', id)
  await verifyAllDue(broker)
}

const withdrawn: Life = async (broker, id) => {
  const upload = { id, parts: { size: 8 * 1024 ** 2, count: 2 } }
  await sendParts(broker, upload, BYTES, [1])
  await broker.cancelUpload('t', id)
  await broker.sweepStaging(10)
}

const died = (error: unknown): true => {
  if (error instanceof Crashed || error instanceof Problem) return true
  throw error
}

/** @returns false once the process outlived all of it. */
async function crashAfter(calls: number, life: Life, check: typeof checkEnded): Promise<boolean> {
  const world = await createWorld({ profiles: { default: PARTS_PROFILE } })
  try {
    const { store, bucket, clock } = world
    const { upload } = await world.broker.issueSlot('t', DECLARED)
    const fuse = createFuse()
    const doomed = createTestBroker({
      store: fuse.guardStore(store),
      bucket: fuse.guardBucket(bucket),
      clock,
      profiles: { default: PARTS_PROFILE },
    })
    fuse.light(calls)
    await life(doomed, upload.id).catch(died)
    await check(world, upload.id)
    return fuse.isBlown()
  } finally {
    await world.close()
  }
}

/** A second life goes on from whatever the first left, then the clock does the rest. */
async function checkEnded(world: World, id: string): Promise<void> {
  const before = await findById(world.store, id)
  // It may be told that all has arrived meanwhile.
  if (before?.state === 'pending') await whole(world.broker, id).catch(died)
  await settle(world)
  const upload = await findById(world.store, id)
  expect([upload?.state, upload?.object?.sha256]).toEqual(['ready', sha256Of(BYTES)])
  const { url } = await world.broker.downloadUpload('t', id, null)
  expect((await download(url)).bytes.equals(BYTES)).toBe(true)
  expect(await keysBelow(world, '')).toEqual([upload?.sealedKey])
}

async function checkGone(world: World, id: string): Promise<void> {
  await world.broker.cancelUpload('t', id)
  await settle(world)
  expect((await findById(world.store, id))?.state).toBe('canceled')
  expect(await keysBelow(world, '')).toEqual([])
}

async function settle({ broker, clock, bucket }: World): Promise<void> {
  for (const seconds of [100, 1000, 1000, 3000]) {
    clock.advance(seconds)
    await lookForArrivals(broker)
    await broker.sweepLeases(10)
    await verifyAllDue(broker)
    await broker.sweepStaging(10)
    await broker.sweepClaims(10)
  }
  expect(await unfinished({ bucket })).toEqual([])
}

it.each([
  ['ready with every byte', whole, checkEnded],
  ['canceled', withdrawn, checkGone],
] as const)(
  'wherever a process dies, an upload in parts ends %s, and no multipart upload is left',
  async (_end, life, check) => {
    let calls = 0
    while (await crashAfter(calls, life, check)) calls += 1
    expect(calls).toBeGreaterThan(8)
  },
  240_000,
)
