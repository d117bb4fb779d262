import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { sha256Of } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let api: Api
let key: string

beforeAll(async () => {
  world = await createWorld({
    profiles: {
      default: {},
      strict: { sha256: 'required', slotTtl: '1m', contentTypes: ['image/*'] },
    },
  })
  key = await world.newKey()
  api = apiOf(world, key)
})
afterAll(() => world.close())

const countUploads = async (): Promise<number> => {
  const rows = await world.store.db.selectFrom('uploads').select('id').execute()
  return rows.length
}

describe('POST /v1/uploads', () => {
  it('answers 201 with the record, its slot and its address, and the row is there', async () => {
    const answer = await api.post('/v1/uploads', {
      ...slotBody,
      sha256: sha256Of('x'),
      metadata: { orderId: '17' },
      subject: 'user-1',
    })
    expect(answer.status).toBe(201)
    expect(answer.headers['location']).toBe(`/v1/uploads/${answer.body.id}`)
    expect(answer.body).toMatchObject({
      ...slotBody,
      id: expect.stringMatching(/^upl_[0-9a-f]{32}$/),
      state: 'pending',
      version: 1,
      profile: 'default',
      sha256: sha256Of('x'),
      metadata: { orderId: '17' },
      subject: 'user-1',
      object: null,
      rejection: null,
      guarantees: { size: 'verification', contentType: 'verification' },
      slot: {
        method: 'PUT',
        headers: {
          'content-type': slotBody.contentType,
          'if-none-match': '*',
          'x-amz-checksum-sha256': sha256Of('x'),
        },
      },
    })
    const shown = await api.get(`/v1/uploads/${answer.body.id}`)
    expect(shown.body).toEqual({ ...answer.body, slot: null })
  })

  it('signs length, type, single use and checksum, for the time the profile gives', async () => {
    const { body } = await api.post('/v1/uploads', { ...slotBody, sha256: sha256Of('x') })
    const query = new URL(body.slot.url).searchParams
    expect(query.get('X-Amz-SignedHeaders')).toBe(
      'content-length;content-type;host;if-none-match;x-amz-checksum-sha256',
    )
    expect(query.get('X-Amz-Expires')).toBe('900')
    const life = new Date(body.slot.expiresAt).getTime() - Date.now()
    expect(life).toBeGreaterThan(890_000)
    expect(life).toBeLessThanOrEqual(900_000)
  })

  it('puts no byte of the request into a key', async () => {
    const { body } = await api.post('/v1/uploads', { ...slotBody, filename: '../../Etc/pass wd' })
    expect(new URL(body.slot.url).pathname).toMatch(
      /^\/test-bucket\/staging\/upl_[0-9a-f]{32}\/[0-9a-f]{32}$/,
    )
  })
})

describe('a refused POST /v1/uploads', () => {
  let before = 0
  beforeAll(async () => {
    before = await countUploads()
  })
  afterEach(async () => {
    expect(await countUploads()).toBe(before)
  })

  const without = (field: string) =>
    Object.fromEntries(Object.entries(slotBody).filter(([name]) => name !== field))

  it.each<[string, unknown, string, string]>([
    ['C1 no size', without('size'), 'validation-failed', '/size'],
    ['C4 half a byte', { ...slotBody, size: 1.5 }, 'validation-failed', '/size'],
    ['C7 beyond 2^53', { ...slotBody, size: 2 ** 53 + 2 }, 'validation-failed', '/size'],
    ['C7 negative', { ...slotBody, size: -1 }, 'validation-failed', '/size'],
    ['C3 zero', { ...slotBody, size: 0 }, 'size-under-limit', '/size'],
    ['C10 over the cap', { ...slotBody, size: 104_857_601 }, 'size-over-limit', '/size'],
    ['C12 over 5 GiB', { ...slotBody, size: 5_368_709_121 }, 'size-over-limit', '/size'],
    ['C13 true', { ...slotBody, size: true }, 'validation-failed', '/size'],
    ['C13 text', { ...slotBody, size: '64' }, 'validation-failed', '/size'],
    ['C16 no type', without('contentType'), 'validation-failed', '/contentType'],
    ['C19 wildcard', { ...slotBody, contentType: 'image/*' }, 'validation-failed', '/contentType'],
    [
      'C19 parameters',
      { ...slotBody, contentType: 'text/plain; charset=x' },
      'validation-failed',
      '/contentType',
    ],
    [
      'C21 HTML',
      { ...slotBody, contentType: 'text/html' },
      'content-type-not-allowed',
      '/contentType',
    ],
    [
      'C22 SVG',
      { ...slotBody, contentType: 'image/svg+xml' },
      'content-type-not-allowed',
      '/contentType',
    ],
    ['C24 hex', { ...slotBody, sha256: 'a'.repeat(64) }, 'validation-failed', '/sha256'],
    [
      'C25 31 bytes',
      { ...slotBody, sha256: Buffer.alloc(31).toString('base64') },
      'validation-failed',
      '/sha256',
    ],
    [
      'C25 not canonical',
      { ...slotBody, sha256: `${'A'.repeat(42)}B=` },
      'validation-failed',
      '/sha256',
    ],
    ['C27 0', { ...slotBody, expiresIn: 0 }, 'validation-failed', '/expiresIn'],
    ['C27 1.5', { ...slotBody, expiresIn: 1.5 }, 'validation-failed', '/expiresIn'],
    ['C27 text', { ...slotBody, expiresIn: '60' }, 'validation-failed', '/expiresIn'],
    ['C28 too long', { ...slotBody, expiresIn: 901 }, 'validation-failed', '/expiresIn'],
    [
      'C30 x-amz-acl',
      { ...slotBody, metadata: { 'x-amz-acl': 'a' } },
      'validation-failed',
      '/metadata/x-amz-acl',
    ],
    ['C31 number', { ...slotBody, metadata: { a: 1 } }, 'validation-failed', '/metadata/a'],
    [
      'metadata of 17',
      {
        ...slotBody,
        metadata: Object.fromEntries([...Array(17).keys()].map((n) => [`k${n}`, ''])),
      },
      'validation-failed',
      '/metadata',
    ],
    ['C33 key', { ...slotBody, key: 'x' }, 'validation-failed', '/key'],
    ['B12 state', { ...slotBody, state: 'ready' }, 'validation-failed', '/state'],
    ['B13 tenant', { ...slotBody, tenant_id: 'other' }, 'validation-failed', '/tenant_id'],
    ['B3 array', [], 'validation-failed', ''],
    ['D3 NUL', { ...slotBody, filename: 'a\0.png' }, 'validation-failed', '/filename'],
    ['D4 CRLF', { ...slotBody, filename: 'a\r\nb' }, 'validation-failed', '/filename'],
    ['D7 empty', { ...slotBody, filename: '' }, 'validation-failed', '/filename'],
    ['D7 dots', { ...slotBody, filename: '..' }, 'validation-failed', '/filename'],
    ['256 bytes', { ...slotBody, filename: 'é'.repeat(128) }, 'validation-failed', '/filename'],
    ['unknown profile', { ...slotBody, profile: 'none' }, 'unknown-profile', '/profile'],
    ['bad profile', { ...slotBody, profile: 'A_B' }, 'validation-failed', '/profile'],
  ])('says 422 for %s and names the field', async (_case, body, slug, pointer) => {
    const answer = await api.post('/v1/uploads', body)
    expect(answer.status).toBe(422)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({
      type: `/problems/${slug}`,
      status: 422,
      title: expect.any(String),
      detail: expect.any(String),
      expected: expect.any(String),
      retry: 'after-fix',
      instance: answer.headers['x-request-id'],
    })
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer)
  })

  it.each([
    ['B1 empty', '', 400],
    ['B4 byte order mark', `\ufeff${JSON.stringify(slotBody)}`, 400],
    ['B15 trailing comma', '{"size":1,}', 400],
    ['cut off', '{"size":', 400],
    ['B3 null', 'null', 422],
    ['B10 __proto__', '{"__proto__":{"isAdmin":true}}', 422],
    [
      'B10 __proto__ in metadata',
      JSON.stringify(slotBody).replace('}', ',"metadata":{"__proto__":"x"}}'),
      422,
    ],
    [
      'B16 lone surrogate',
      JSON.stringify({ ...slotBody, filename: 'x' }).replace('"x"', '"\\ud800"'),
      422,
    ],
    [
      'B9 ten thousand keys',
      JSON.stringify(Object.fromEntries([...Array(5000).keys()].map((n) => [n, 0]))),
      422,
    ],
    ['deep nesting', '['.repeat(20_000) + ']'.repeat(20_000), 422],
  ])('answers %s as text with its status, and pollutes nothing', async (_case, text, status) => {
    const answer = await request(world.app)
      .post('/v1/uploads')
      .set('authorization', `Bearer ${key}`)
      .set('content-type', 'application/json')
      .send(text)
    expect(answer.status).toBe(status)
    expect(answer.type).toBe('application/problem+json')
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
    expect(JSON.stringify(answer.body).length).toBeLessThan(20_000)
  })

  it.each([
    ['A3 text/plain', { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    [
      'A9 gzip',
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      415,
      'unsupported-media-type',
    ],
    [
      'A10 br',
      { 'content-type': 'application/json', 'content-encoding': 'br' },
      415,
      'unsupported-media-type',
    ],
    [
      'B6 UTF-16',
      { 'content-type': 'application/json; charset=utf-16' },
      415,
      'unsupported-media-type',
    ],
  ])('refuses %s with %j', async (_case, headers, status, slug) => {
    const answer = await request(world.app)
      .post('/v1/uploads')
      .set('authorization', `Bearer ${key}`)
      .set(headers as Record<string, string>)
      .send(JSON.stringify(slotBody))
    expect(answer.status).toBe(status)
    expect(answer.body.type).toBe(`/problems/${slug}`)
  })

  it('refuses a body over 64 KiB with 413', async () => {
    const answer = await api.post('/v1/uploads', { ...slotBody, filename: 'x'.repeat(65_536) })
    expect(answer.status).toBe(413)
    expect(answer.body.type).toBe('/problems/payload-too-large')
  })

  it('names every wrong field at once', async () => {
    const answer = await api.post('/v1/uploads', { contentType: 'png', size: -1, nope: 1 })
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer)
    expect(pointers.sort()).toEqual(['/contentType', '/filename', '/nope', '/size'])
  })

  it('names what the profile forbids: no sha256 and too long a life', async () => {
    const body = { ...slotBody, profile: 'strict', contentType: 'image/png', expiresIn: 61 }
    const answer = await api.post('/v1/uploads', body)
    const pointers = answer.body.errors.map((error: { pointer: string }) => error.pointer)
    expect(pointers).toEqual(['/sha256', '/expiresIn'])
  })
})

describe('an accepted POST /v1/uploads', () => {
  it.each<[string, object]>([
    ['C6 1e3', { ...slotBody, size: 1e3 }],
    ['C9 the cap itself', { ...slotBody, size: 104_857_600 }],
    ['C18 capitals', { ...slotBody, contentType: 'IMAGE/PNG' }],
    ['D1 a path', { ...slotBody, filename: '../../etc/passwd' }],
    ['D10 an emoji', { ...slotBody, filename: '🎉 файл 文件.txt' }],
    ['D12 CON', { ...slotBody, filename: 'CON' }],
    ['D15 a formula', { ...slotBody, filename: "=cmd|' /C calc'!A0.csv" }],
    ['nulls for options', { ...slotBody, sha256: null, expiresIn: null, subject: null }],
  ])('takes %s, and keeps the name as given', async (_case, body) => {
    const answer = await api.post('/v1/uploads', body)
    expect(answer.status).toBe(201)
    expect(answer.body.filename).toBe((body as typeof slotBody).filename)
    expect(answer.body.contentType).toBe((body as typeof slotBody).contentType.toLowerCase())
  })

  it('takes the last of two equal keys, everywhere', async () => {
    const text = JSON.stringify(slotBody).replace('"size":64', '"size":1,"size":64')
    const answer = await request(world.app)
      .post('/v1/uploads')
      .set('authorization', `Bearer ${key}`)
      .set('content-type', 'application/json')
      .send(text)
    expect(answer.status).toBe(201)
    expect(answer.body.size).toBe(64)
  })
})
