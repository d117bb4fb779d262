import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findById } from '../../src/store/uploads.ts'
import { isFinal } from '../../src/upload/transitions.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, keysBelow, put, type World } from '../support/world.ts'

const RETENTION_SECONDS = 30 * 86_400
const bytes = someBytes(64)
const profiles = { default: {}, kept: { retention: '30d' } }

let world: World
beforeEach(async () => {
  world = await createWorld({ profiles })
})
afterEach(() => world.close())

const issue = (profile = 'kept') => world.broker.issueSlot('t', requestFor(bytes, { profile }))
const stateOf = async (id: string) => (await findById(world.store, id))?.state ?? null
const audits = (id: string) =>
  world.store.db.selectFrom('transitions').selectAll().where('upload_id', '=', id).execute()

async function ready(profile = 'kept'): Promise<string> {
  const { upload, slot } = await issue(profile)
  await put(slot, bytes)
  await world.broker.completeUpload('t', upload.id)
  await world.work()
  return upload.id
}

/** All sweeps that clean up, as the clock runs them. */
async function sweep(): Promise<void> {
  await world.broker.sweepLooks(100)
  await world.broker.sweepStaging(100)
  await world.broker.sweepClaims(100)
  await world.broker.sweepRetention(100)
}

describe('sweepRetention', () => {
  it('keeps everything until the retention is over, and for ever where there is none', async () => {
    const [kept, forEver] = [await ready(), await ready('default')]
    world.clock.advance(RETENTION_SECONDS - 1)
    await sweep()
    expect([await stateOf(kept), await stateOf(forEver)]).toEqual(['ready', 'ready'])
    world.clock.advance(10 * RETENTION_SECONDS)
    for (let run = 0; run < 3; run += 1) await sweep()
    expect([await stateOf(kept), await stateOf(forEver)]).toEqual([null, 'ready'])
    expect(await audits(forEver)).toHaveLength(4)
  })

  it('deletes a ready upload first, and its record and audit once the object is gone', async () => {
    const id = await ready()
    world.clock.advance(RETENTION_SECONDS)
    await world.broker.sweepRetention(10)
    expect(await stateOf(id)).toBe('deleted')
    expect((await audits(id)).at(-1)).toMatchObject({ state: 'deleted', cause: 'sweep' })
    await world.broker.sweepRetention(10)
    expect(await stateOf(id)).toBe('deleted')

    await world.broker.sweepClaims(10)
    await world.broker.sweepRetention(10)
    expect(await stateOf(id)).toBe('deleted')
    await world.broker.sweepStaging(10)
    await world.broker.sweepRetention(10)
    expect([await stateOf(id), await audits(id), await keysBelow(world, '')]).toEqual([
      null,
      [],
      [],
    ])
  })

  it('keeps the tombstone of what a caller deleted for the whole retention', async () => {
    const id = await ready()
    world.clock.advance(5_000)
    await world.broker.cancelUpload('t', id)
    world.clock.advance(RETENTION_SECONDS - 10)
    await sweep()
    expect(await stateOf(id)).toBe('deleted')
    world.clock.advance(11)
    await sweep()
    expect(await stateOf(id)).toBeNull()
  })

  it('never touches an upload that is not over, and counts no quota twice', async () => {
    const { upload } = await issue()
    for (const end of [await ready(), (await issue()).upload.id]) {
      await world.broker.cancelUpload('t', end)
    }
    const db = world.store.db
    const late = { due_at: null, land_by: Number.MAX_SAFE_INTEGER }
    await db.updateTable('uploads').set(late).where('id', '=', upload.id).execute()
    world.clock.advance(2 * RETENTION_SECONDS)
    for (let run = 0; run < 3; run += 1) await sweep()
    const rows = await db.selectFrom('uploads').select(['id', 'state']).execute()
    expect(rows).toEqual([{ id: upload.id, state: 'pending' }])
    expect(await db.selectFrom('quotas').selectAll().execute()).toMatchObject([
      { profile: 'kept', open_slots: 1, reserved_bytes: 64 },
    ])
  })

  it('works in batches, and on two nodes at once', async () => {
    for (let count = 0; count < 7; count += 1) {
      await world.broker.cancelUpload('t', (await issue()).upload.id)
    }
    world.clock.advance(RETENTION_SECONDS + 5_000)
    await world.broker.sweepStaging(100)
    expect(await world.broker.sweepRetention(3)).toBe(3)
    await Promise.all([world.broker.sweepRetention(10), world.broker.sweepRetention(10)])
    expect(await world.store.db.selectFrom('uploads').select('id').execute()).toEqual([])
    expect(await world.store.db.selectFrom('transitions').select('at').execute()).toEqual([])
  })

  it('leaves no object without the record that names it, in whatever order the sweeps run', async () => {
    const names = ['sweepStaging', 'sweepClaims', 'sweepRetention', 'sweepLooks'] as const
    const step = fc.record({
      act: fc.constantFrom('issue', 'ready', 'cancel', ...names),
      seconds: fc.constantFrom(0, 100, 5_000, RETENTION_SECONDS),
    })
    const ids: string[] = []
    const acts = {
      issue: async () => void ids.push((await issue()).upload.id),
      ready: async () => void ids.push(await ready()),
      cancel: async () => {
        const id = ids.shift()
        const state = id === undefined ? null : await stateOf(id)
        if (id !== undefined && (state === 'ready' || state === 'pending')) {
          await world.broker.cancelUpload('t', id)
        }
      },
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        for (const { act, seconds } of steps) {
          world.clock.advance(seconds)
          await (act in acts
            ? acts[act as keyof typeof acts]()
            : world.broker[act as (typeof names)[number]](100))
          await checkNamed()
        }
      }),
      { numRuns: 20 },
    )
  }, 60_000)
})

/** Every object is named, every audit belongs to a record, and the quota is what is open. */
async function checkNamed(): Promise<void> {
  const db = world.store.db
  const uploads = await db.selectFrom('uploads').selectAll().execute()
  const ids = new Set(uploads.map(({ id }) => id))
  for (const key of await keysBelow(world, '')) {
    expect(ids.has(/upl_[0-9a-f]{32}/.exec(key)?.[0] ?? '')).toBe(true)
  }
  const audited = await db.selectFrom('transitions').select('upload_id').distinct().execute()
  expect(new Set(audited.map(({ upload_id }) => upload_id))).toEqual(ids)
  const quota = await db.selectFrom('quotas').selectAll().execute()
  const open = uploads.filter(({ state }) => !isFinal(state))
  expect(quota.reduce((sum, { open_slots }) => sum + open_slots, 0)).toBe(open.length)
}
