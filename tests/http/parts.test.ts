import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import {
  lookForArrivals,
  PARTS_PROFILE,
  pieceOf,
  THREE_PARTS,
  unfinished,
} from '../support/parts.ts'
import { send } from '../support/raw-put.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

const MIB = 1024 ** 2
const PARTS = { size: 8 * MIB, count: 3 }
const body = { ...slotBody, size: THREE_PARTS.length }

let world: World
let api: Api
beforeAll(async () => {
  world = await createWorld({ profiles: { default: PARTS_PROFILE, usual: {} } })
  api = apiOf(world, await world.newKey())
})
afterAll(() => world.close())

const slugOf = (answer: { body: { type?: string } }) => answer.body.type?.replace('/problems/', '')

const issue = async (): Promise<{ id: string }> => (await api.post('/v1/uploads', body)).body

type Part = { partNumber: number; method: 'PUT'; url: string; headers: Record<string, string> }

async function sendAll(id: string, partNumbers: number[]): Promise<void> {
  const answer = await api.post(`/v1/uploads/${id}/parts`, { partNumbers })
  for (const part of answer.body.parts as Part[]) {
    expect(await send(part, pieceOf(THREE_PARTS, PARTS, part.partNumber))).toBe(200)
  }
}

describe('POST /v1/uploads of a large object', () => {
  it('answers parts in place of a slot, asks the store for nothing, and shows them from then on', async () => {
    const called = world.called.length
    const answer = await api.post('/v1/uploads', body)
    expect(answer.status).toBe(201)
    expect(answer.body).toMatchObject({ state: 'pending', slot: null, parts: PARTS })
    expect(world.called.length).toBe(called)
    const shown = (await api.get(`/v1/uploads/${answer.body.id}`)).body
    expect(shown).toMatchObject({
      slot: null,
      parts: PARTS,
      guarantees: { sha256: 'verification' },
    })
  })

  it.each([
    [64 * MIB, null],
    [64 * MIB + 1, { size: 8 * MIB, count: 9 }],
  ])('divides from the usual threshold on: %i bytes into %j', async (size, parts) => {
    const answer = await api.post('/v1/uploads', { ...body, size, profile: 'usual' })
    expect(answer.body.parts).toEqual(parts)
    expect(answer.body.slot === null).toBe(parts !== null)
  })

  it('takes up to 5 TiB where the profile does, and not a byte more', async () => {
    const size = 5 * 1024 ** 4
    const largest = await api.post('/v1/uploads', { ...body, size })
    expect(largest.body.parts).toEqual({ size: 525 * MIB, count: 9_987 })
    const more = await api.post('/v1/uploads', { ...body, size: size + 1 })
    expect([more.status, slugOf(more)]).toEqual([422, 'size-over-limit'])
  })

  it('is answered again under its Idempotency-Key, and in a batch', async () => {
    const ask = () => api.post('/v1/uploads', body).set('idempotency-key', 'once')
    const [first, again] = [await ask(), await ask()]
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.body).toMatchObject({ id: first.body.id, slot: null, parts: PARTS })
    const batch = await api.post('/v1/uploads/batch', { uploads: [body, slotBody] })
    const [large, small] = (batch.body as { results: { upload: unknown }[] }).results
    expect(large?.upload).toMatchObject({ slot: null, parts: PARTS })
    expect(small?.upload).toMatchObject({ slot: { method: 'PUT' }, parts: null })
  })

  it('is renewed by POST slot without a slot', async () => {
    const { id } = await issue()
    const renewed = await api.post(`/v1/uploads/${id}/slot`)
    expect(renewed.status).toBe(201)
    expect(renewed.body).toMatchObject({ version: 1, slot: null, parts: PARTS })
  })
})

describe('an upload in parts, from the first call to the last', () => {
  it('is sent, resumed, completed and downloaded', async () => {
    const { id } = await issue()
    await sendAll(id, [1, 3])
    const held = await api.get(`/v1/uploads/${id}/parts`)
    expect(held.status).toBe(200)
    expect(held.body.parts).toEqual([
      { partNumber: 1, size: 8 * MIB, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) },
      { partNumber: 3, size: 17, etag: expect.any(String) },
    ])
    const early = await api.post(`/v1/uploads/${id}/complete`)
    expect([early.status, slugOf(early), early.body.retry]).toEqual([
      409,
      'parts-incomplete',
      'after-fix',
    ])
    expect(early.body.detail).toBe('of 3 parts 1 are missing: 2')
    await sendAll(id, [2])
    const completed = await api.post(`/v1/uploads/${id}/complete`)
    expect([completed.status, completed.body.state]).toEqual([202, 'received'])
    await world.work()
    const { object } = (await api.get(`/v1/uploads/${id}`)).body
    expect(object).toMatchObject({ size: THREE_PARTS.length, sha256: sha256Of(THREE_PARTS) })
  })

  it('is never cut short by a client that reports fewer parts than it sent', async () => {
    const { id } = await issue()
    await sendAll(id, [1, 2, 3])
    const parts = [{ partNumber: 1, etag: '"x"' }]
    const reported = await api.post(`/v1/uploads/${id}/complete`, { parts })
    expect([reported.status, slugOf(reported)]).toEqual([422, 'validation-failed'])
    expect((await api.get(`/v1/uploads/${id}`)).body.state).toBe('pending')
    await api.post(`/v1/uploads/${id}/complete`)
    await world.work()
    const { object } = (await api.get(`/v1/uploads/${id}`)).body
    expect(object).toMatchObject({ size: THREE_PARTS.length, sha256: sha256Of(THREE_PARTS) })
  })

  it('completed twice at once answers 202 to both', async () => {
    const { id } = await issue()
    await sendAll(id, [1, 2, 3])
    const complete = () => api.post(`/v1/uploads/${id}/complete`)
    const answers = await Promise.all([complete(), complete()])
    expect(answers.map(({ status }) => status)).toEqual([202, 202])
  })

  it('has everything in the store ended after DELETE', async () => {
    const { id } = await issue()
    await sendAll(id, [1])
    const key = async () => (await unfinished(world)).filter((each) => each.includes(id))
    expect(await key()).toHaveLength(1)
    expect((await api.delete(`/v1/uploads/${id}`)).body.state).toBe('canceled')
    await world.broker.sweepStaging(1000)
    expect(await key()).toEqual([])
    expect((await api.post(`/v1/uploads/${id}/complete`)).status).toBe(409)
  })
})

describe('POST /v1/uploads/{id}/parts', () => {
  it('signs each part for its exact length, with the signer, and says until when', async () => {
    const { id } = await issue()
    const answer = await api.post(`/v1/uploads/${id}/parts`, { partNumbers: [3, 1] })
    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    const parts = answer.body.parts as (Part & { size: number; expiresAt: string })[]
    expect(
      parts.map(({ partNumber, size, method, headers }) => [partNumber, size, method, headers]),
    )
      // The client's HTTP stack sends the length by itself.
      .toEqual([
        [3, 17, 'PUT', {}],
        [1, 8 * MIB, 'PUT', {}],
      ])
    for (const { url, expiresAt } of parts) {
      const query = new URL(url).searchParams
      expect(query.get('X-Amz-SignedHeaders')).toBe('content-length;host')
      expect(query.get('X-Amz-Credential')).toMatch(/^dev-signer\//)
      expect(new Date(expiresAt).getTime()).toBeGreaterThan(Date.now() + 890_000)
    }
    expect(await send(parts[0] ?? null, someBytes(18))).toBe(403)
  })

  it.each([
    [{}, '/partNumbers'],
    [{ partNumbers: [] }, '/partNumbers'],
    [{ partNumbers: [0] }, '/partNumbers/0'],
    [{ partNumbers: [1, 4] }, '/partNumbers/1'],
    [{ partNumbers: ['1'] }, '/partNumbers/0'],
    [{ partNumbers: [1, 1] }, '/partNumbers'],
    [{ partNumbers: Array.from({ length: 101 }, (_, index) => index + 1) }, '/partNumbers'],
    [{ partNumbers: [1], size: 5 }, '/size'],
  ])('answers 422 for %j, and begins nothing', async (asked, pointer) => {
    const { id } = await issue()
    const answer = await api.post(`/v1/uploads/${id}/parts`, asked)
    expect([answer.status, slugOf(answer)]).toEqual([422, 'validation-failed'])
    expect(answer.body.errors[0].pointer).toBe(pointer)
    expect((await unfinished(world)).filter((key) => key.includes(id))).toEqual([])
  })

  it('answers 409 for an upload that is one PUT', async () => {
    const { id } = (await api.post('/v1/uploads', slotBody)).body as { id: string }
    for (const answer of [
      await api.post(`/v1/uploads/${id}/parts`, { partNumbers: [1] }),
      await api.get(`/v1/uploads/${id}/parts`),
    ]) {
      expect([answer.status, slugOf(answer)]).toEqual([409, 'illegal-state'])
    }
  })

  it('is for keys that may write, for the own tenant, and for the token that made the upload', async () => {
    const { id } = await issue()
    const asked = { partNumbers: [1] }
    const reader = apiOf(world, await world.newKey('tenant-a', ['uploads:read']))
    const stranger = apiOf(world, await world.newKey('tenant-b'))
    const tokenFor = async () => {
      const terms = { profile: 'default', maxUploads: 1, maxBytes: THREE_PARTS.length }
      return apiOf(world, (await api.post('/v1/tokens', terms)).body.token as string)
    }
    const [bearer, other] = [await tokenFor(), await tokenFor()]
    const own = (await bearer.post('/v1/uploads', body)).body as { id: string }
    expect((await bearer.post(`/v1/uploads/${own.id}/parts`, asked)).status).toBe(200)
    expect((await bearer.get(`/v1/uploads/${own.id}/parts`)).status).toBe(200)
    for (const [who, target, status] of [
      [reader, id, 403],
      [stranger, id, 404],
      [bearer, id, 404],
      [other, own.id, 404],
    ] as const) {
      expect((await who.post(`/v1/uploads/${target}/parts`, asked)).status).toBe(status)
      expect((await who.get(`/v1/uploads/${target}/parts`)).status).toBe(status)
    }
  })

  it('answers 410 once the upload has expired', async () => {
    const { id } = await issue()
    world.clock.advance(100_000)
    await lookForArrivals(world.broker)
    for (const answer of [
      await api.post(`/v1/uploads/${id}/parts`, { partNumbers: [1] }),
      await api.get(`/v1/uploads/${id}/parts`),
      await api.post(`/v1/uploads/${id}/complete`),
    ]) {
      expect([answer.status, slugOf(answer)]).toEqual([410, 'upload-expired'])
    }
  })
})
