import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { apiOf, slotBody } from '../support/api.ts'
import { createTwoNodes, type TwoNodes } from '../support/two-nodes.ts'
import { createWorld, put, type World } from '../support/world.ts'
import { someBytes } from '../support/uploads.ts'

let world: World
let key: string
beforeEach(async () => {
  world = await createWorld({ profiles: { default: {}, one: { openSlots: 1 } } })
  key = await world.newKey()
})
afterEach(() => world.close())

const post = (idempotencyKey: string, body: object = slotBody, path = '/v1/uploads', who = key) =>
  apiOf(world, who).post(path, body).set('idempotency-key', idempotencyKey)

const countUploads = async (): Promise<number> =>
  (await world.store.db.selectFrom('uploads').select('id').execute()).length

const keyRows = () => world.store.db.selectFrom('idempotency_keys').selectAll().execute()

describe('an Idempotency-Key', () => {
  it('E1 answers the same body again with the same upload, said to be replayed, and a slot that works', async () => {
    const first = await post('"a key"')
    const again = await post('"a key"')
    expect([first.status, again.status]).toEqual([201, 201])
    expect(first.headers['idempotency-replayed']).toBeUndefined()
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.headers['location']).toBe(first.headers['location'])
    expect(again.body.id).toBe(first.body.id)
    expect(await put(again.body.slot, someBytes(slotBody.size))).toBe(200)
    expect(await countUploads()).toBe(1)
  })

  it('means the same quoted or bare', async () => {
    const first = await post('"k-1"')
    expect((await post('k-1')).body.id).toBe(first.body.id)
  })

  it('E9 does not mind the order of the fields', async () => {
    const first = await post('k', { ...slotBody, metadata: { a: '1', b: '2' } })
    const { size, contentType, filename } = slotBody
    const turned = { metadata: { b: '2', a: '1' }, size, contentType, filename }
    expect((await post('k', turned)).body.id).toBe(first.body.id)
  })

  it('answers 422 to another body, and changes nothing', async () => {
    await post('k')
    const other = await post('k', { ...slotBody, size: 65 })
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-key-reused'])
    expect(await countUploads()).toBe(1)
  })

  it('E4 is a tenant’s own', async () => {
    const first = await post('k')
    const theirs = await post('k', slotBody, '/v1/uploads', await world.newKey('tenant-b'))
    expect(theirs.body.id).not.toBe(first.body.id)
  })

  it('is a route’s own', async () => {
    await post('k')
    const batch = await post('k', { uploads: [slotBody] }, '/v1/uploads/batch')
    expect([batch.status, batch.headers['idempotency-replayed']]).toEqual([200, undefined])
  })

  it('E12 has a fresh slot when the first one has expired, and the record without one when it is over', async () => {
    const first = await post('k')
    world.clock.advance(1200)
    const late = await post('k')
    expect(late.body.id).toBe(first.body.id)
    expect(new Date(late.body.slot.expiresAt).getTime()).toBeGreaterThan(
      world.clock.now().getTime(),
    )
    await apiOf(world, key).delete(`/v1/uploads/${first.body.id}`)
    const over = await post('k')
    expect(over.status).toBe(201)
    expect(over.body).toMatchObject({ id: first.body.id, state: 'canceled', slot: null })
  })

  it('E10 is forgotten after 24 hours, and its row goes with the sweep', async () => {
    const first = await post('k')
    world.clock.advance(86_401)
    expect((await post('k')).body.id).not.toBe(first.body.id)
    await post('other')
    world.clock.advance(86_401)
    await world.broker.sweepExpired(100)
    expect(await keyRows()).toEqual([])
  })

  it('is free again after a refusal, which leaves nothing behind', async () => {
    const body = { ...slotBody, profile: 'one' }
    const blocking = (await post('a', body)).body
    const refused = await post('b', body)
    expect(refused.status).toBe(403)
    expect(await keyRows()).toHaveLength(1)
    await apiOf(world, key).delete(`/v1/uploads/${blocking.id}`)
    const now = await post('b', body)
    expect([now.status, now.headers['idempotency-replayed']]).toEqual([201, undefined])
  })

  it.each([
    ['E6 empty', ''],
    ['E6 an empty string', '""'],
    ['E6 1,000 characters', 'k'.repeat(1000)],
    ['256 characters', `"${'k'.repeat(256)}"`],
    ['E6 a tab', '"a\tb"'],
    ['beyond ASCII', 'schl\u00fcssel'],
    ['two joined by a proxy', 'a, b'],
    ['half a string', '"a'],
    ['a string with parameters', '"a";b=1'],
  ])('is refused with 400 when it is %s', async (_case, header) => {
    const answer = await post(header)
    expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-idempotency-key'])
    expect(await countUploads()).toBe(0)
  })

  it.each([
    ['255 characters', 'k'.repeat(255)],
    ['escapes', String.raw`"a \"quoted\" \\ key"`],
  ])('may have %s', async (_case, header) => {
    expect((await post(header)).status).toBe(201)
  })

  it('E7 is refused with 400 when there are two', async () => {
    const answer = await request(world.app)
      .post('/v1/uploads')
      .set('authorization', `Bearer ${key}`)
      .set('idempotency-key', ['a', 'b'] as unknown as string)
      .send(slotBody)
    expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-idempotency-key'])
  })

  it('keeps neither the key nor the body in the records', async () => {
    await post('a-telling-key', { ...slotBody, filename: 'a-telling-name' })
    expect(JSON.stringify(await keyRows())).not.toContain('telling')
  })
})

/** A call that was cut off: its key is claimed and nothing else is written. */
async function cutOff(name: string): Promise<void> {
  await post(name)
  await world.store.db.updateTable('idempotency_keys').set({ result: null }).execute()
}

describe('a call with a key that is still running', () => {
  it('E3 makes a repeat wait: 409 with Retry-After', async () => {
    await cutOff('k')
    const again = await post('k')
    expect([again.status, again.body.type, again.body.retry]).toEqual([
      409,
      '/problems/idempotency-in-progress',
      'safe',
    ])
    expect(again.headers['retry-after']).toBe('2')
  })

  it('K3 is taken over after 30 s, when whoever ran it is dead', async () => {
    await cutOff('k')
    world.clock.advance(31)
    const again = await post('k')
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, undefined])
  })

  it('is not taken over with another body', async () => {
    await cutOff('k')
    world.clock.advance(31)
    expect((await post('k', { ...slotBody, size: 65 })).status).toBe(422)
  })
})

describe('on two nodes', () => {
  let pair: TwoNodes
  beforeAll(async () => {
    pair = await createTwoNodes()
  })
  afterAll(() => pair.close())

  it('K2 200 parallel requests with one key make one upload, and every 201 names it', async () => {
    const shared = await pair.nodes[0].newKey()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, nth) =>
        apiOf(pair.nodes[nth % 2 === 0 ? 0 : 1], shared)
          .post('/v1/uploads', slotBody)
          .set('idempotency-key', 'one')
          .then((answer) => answer),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    expect(made.length).toBeGreaterThan(0)
    expect(new Set(made.map(({ body }) => body.id)).size).toBe(1)
    expect(made.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length).toBe(
      1,
    )
    const others = answers.filter(({ status }) => status !== 201)
    expect(others.filter(({ status }) => status !== 409)).toEqual([])
    const rows = await pair.nodes[1].store.db.selectFrom('uploads').select('id').execute()
    expect(rows).toHaveLength(1)
    const quota = await pair.nodes[1].store.db.selectFrom('quotas').selectAll().execute()
    expect(quota).toMatchObject([{ open_slots: 1 }])
  })
})
