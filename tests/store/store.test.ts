import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { advance } from '../../src/store/advance.ts'
import { findById, insertPending } from '../../src/store/uploads.ts'
import { isLegal } from '../../src/upload/transitions.ts'
import { UPLOAD_STATES, type Upload, type UploadState } from '../../src/upload/upload.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
const at = new Date()
// The driver's error class belongs to another realm here, so it is told by its words.
const foreignKeyFailure = { message: expect.stringContaining('FOREIGN KEY') }

beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

async function issued(): Promise<Upload> {
  const { upload } = await world.broker.issueSlot('t', requestFor(someBytes(5)))
  return upload
}

describe('the database', () => {
  it('refuses exactly the transitions that the table in code refuses', async () => {
    const { rows } = await sql<{ from_state: UploadState; to_state: UploadState }>`
      select from_state, to_state from legal_transitions`.execute(world.store.db)
    const inDatabase = rows.map((row) => `${row.from_state}→${row.to_state}`).sort()
    const inCode = UPLOAD_STATES.flatMap((from) =>
      UPLOAD_STATES.filter((to) => isLegal(from, to)).map((to) => `${from}→${to}`),
    ).sort()
    expect(inDatabase).toEqual(inCode)
  })

  it('refuses a transition row of an illegal pair', async () => {
    const { id } = await issued()
    const insert = sql`
      insert into transitions (upload_id, version, state, previous_version, previous_state, at, cause)
      values (${id}, 2, 'ready', 1, 'pending', 0, 'api')`.execute(world.store.db)
    await expect(insert).rejects.toMatchObject(foreignKeyFailure)
  })

  it('refuses a change of state that has no row in the audit', async () => {
    const { id } = await issued()
    const update = sql`update uploads set state = 'canceled', version = 2 where id = ${id}`
    await expect(update.execute(world.store.db)).rejects.toMatchObject(foreignKeyFailure)
    expect((await findById(world.store, id))?.state).toBe('pending')
  })

  it('refuses a gap in the versions', async () => {
    const { id } = await issued()
    const insert = sql`
      insert into transitions (upload_id, version, state, previous_version, previous_state, at, cause)
      values (${id}, 3, 'canceled', 2, 'pending', 0, 'api')`.execute(world.store.db)
    await expect(insert).rejects.toMatchObject(foreignKeyFailure)
  })
})

describe('advance', () => {
  it('lets one of two racing transitions win and tells the other', async () => {
    const upload = await issued()
    const step = { to: 'canceled', cause: 'api', at } as const
    const results = await Promise.all([
      advance(world.store, upload, step),
      advance(world.store, upload, step),
    ])
    expect(results.filter((moved) => moved !== null)).toHaveLength(1)
    expect((await findById(world.store, upload.id))?.version).toBe(2)
  })

  it('throws for an illegal transition before it writes anything', async () => {
    const upload = await issued()
    await expect(advance(world.store, upload, { to: 'ready', cause: 'api', at })).rejects.toThrow(
      'illegal transition pending -> ready',
    )
  })
})

describe('insertPending', () => {
  it('gives one of fifty parallel slots when the quota has room for one', async () => {
    const upload = await issued()
    const quota = { openSlots: 2, reservedBytes: 1_000_000 }
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, nth) =>
        insertPending(world.store, { ...upload, id: `upl_${nth}`, stagingKey: `s/${nth}` }, quota),
      ),
    )
    expect(results.filter(Boolean)).toHaveLength(1)
  })

  it('counts reserved bytes, and gives them back at a final state', async () => {
    const upload = await issued()
    const quota = { openSlots: 100, reservedBytes: 10 }
    const another = (nth: number) => ({ ...upload, id: `upl_${nth}` })
    expect(await insertPending(world.store, another(1), quota)).toBe(true)
    expect(await insertPending(world.store, another(2), quota)).toBe(false)
    await advance(world.store, upload, { to: 'canceled', cause: 'api', at })
    expect(await insertPending(world.store, another(3), quota)).toBe(true)
  })

  it('does not fail its neighbours when one of a group is refused', async () => {
    const upload = await issued()
    const quota = { openSlots: 100, reservedBytes: 1000 }
    const results = await Promise.allSettled([
      insertPending(world.store, { ...upload, id: 'upl_1' }, quota),
      insertPending(world.store, upload, quota),
      insertPending(world.store, { ...upload, id: 'upl_2' }, quota),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await findById(world.store, 'upl_1')).not.toBeNull()
    expect(await findById(world.store, 'upl_2')).not.toBeNull()
  })
})
