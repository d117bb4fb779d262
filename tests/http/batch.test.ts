import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let api: Api
beforeAll(async () => {
  world = await createWorld({ profiles: { default: {}, two: { openSlots: 2 } } })
  api = apiOf(world, await world.newKey())
})
afterAll(() => world.close())

type Result = { upload?: { id: string; state: string; slot: unknown }; problem?: { type: string } }

const batch = (uploads: unknown[]) => api.post('/v1/uploads/batch', { uploads })
const resultsOf = (answer: { body: { results: Result[] } }) =>
  answer.body.results.map(({ upload, problem }) => upload?.state ?? problem?.type)

const idsIn = async () =>
  (await world.store.db.selectFrom('uploads').select('id').execute()).map(({ id }) => id)

describe('POST /v1/uploads/batch', () => {
  it('answers every item in order, with a slot or with what a single call would have said', async () => {
    const answer = await batch([
      slotBody,
      { ...slotBody, size: -1 },
      { ...slotBody, contentType: 'text/html' },
      'nonsense',
      { ...slotBody, profile: 'none' },
      { ...slotBody, size: 1e12 },
      { ...slotBody, filename: 'last' },
    ])
    expect(answer.status).toBe(200)
    expect(resultsOf(answer)).toEqual([
      'pending',
      '/problems/validation-failed',
      '/problems/content-type-not-allowed',
      '/problems/validation-failed',
      '/problems/unknown-profile',
      '/problems/size-over-limit',
      'pending',
    ])
    const { results } = answer.body
    expect(results[0].upload.slot.method).toBe('PUT')
    expect(results[1].problem).toMatchObject({
      status: 422,
      instance: answer.headers['x-request-id'],
      errors: [{ pointer: '/size' }],
    })
    expect(results[6].upload.filename).toBe('last')
    const shown = await api.get(`/v1/uploads/${results[6].upload.id}`)
    expect(shown.body).toEqual({ ...results[6].upload, slot: null })
  })

  it('decides the quota item by item, the first ones first', async () => {
    const small = { ...slotBody, profile: 'two' }
    expect(resultsOf(await batch([small, small, small, slotBody]))).toEqual([
      'pending',
      'pending',
      '/problems/quota-exceeded',
      'pending',
    ])
  })

  it('takes a hundred, whose ids are all recorded', async () => {
    const answer = await batch(Array.from({ length: 100 }, () => slotBody))
    const ids = answer.body.results.map((result: Result) => result.upload?.id)
    expect(new Set(ids).size).toBe(100)
    expect(await idsIn()).toEqual(expect.arrayContaining(ids))
  })

  it.each([
    ['101 items', { uploads: Array.from({ length: 101 }, () => slotBody) }, 422],
    ['none', { uploads: [] }, 422],
    ['no list', { uploads: slotBody }, 422],
    ['another field', { uploads: [slotBody], dryRun: true }, 422],
    ['over a mebibyte', { uploads: [{ ...slotBody, filename: 'x'.repeat(1024 * 1024) }] }, 413],
  ])('refuses %s as a whole, and records nothing', async (_case, body, status) => {
    const before = (await idsIn()).length
    expect((await api.post('/v1/uploads/batch', body)).status).toBe(status)
    expect((await idsIn()).length).toBe(before)
  })

  it('takes 300 KiB, which is more than a single call may have', async () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 12 }, (_, nth) => [`k${nth}`, 'v'.repeat(250)]),
    )
    const answer = await batch(Array.from({ length: 100 }, () => ({ ...slotBody, metadata })))
    expect(answer.status).toBe(200)
  })

  it('is one call for its Idempotency-Key: a repeat gets the same uploads and the same problems', async () => {
    const uploads = [slotBody, { ...slotBody, size: -1 }, slotBody]
    const call = () =>
      api.post('/v1/uploads/batch', { uploads }).set('idempotency-key', '"batch-1"')
    const first = await call()
    const before = (await idsIn()).length
    const again = await call()
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(resultsOf(again)).toEqual(resultsOf(first))
    expect(again.body.results.map((result: Result) => result.upload?.id)).toEqual(
      first.body.results.map((result: Result) => result.upload?.id),
    )
    expect(again.body.results[0].upload.slot).not.toBeNull()
    expect((await idsIn()).length).toBe(before)
    const other = await api
      .post('/v1/uploads/batch', { uploads: [slotBody] })
      .set('idempotency-key', '"batch-1"')
    expect(other.status).toBe(422)
  })

  it('is no id of an upload: GET answers 405', async () => {
    expect((await api.get('/v1/uploads/batch')).status).toBe(405)
  })
})
