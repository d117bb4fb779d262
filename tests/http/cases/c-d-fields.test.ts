import { afterAll, beforeAll, expect, it } from '@jest/globals'
import request from 'supertest'
import { apiOf, slotBody, type Api } from '../../support/api.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let api: Api
let key: string
beforeAll(async () => {
  world = await createWorld({ profiles: { default: {}, empty: { minSize: 0 } } })
  key = await world.newKey()
  api = apiOf(world, key)
})
afterAll(() => world.close())

it.each<[string, object, string]>([
  ['C13 null', { size: null }, '/size'],
  ['C13 a list', { size: [] }, '/size'],
  ['C25 33 bytes', { sha256: Buffer.alloc(33).toString('base64') }, '/sha256'],
  ['C25 base64url', { sha256: Buffer.alloc(32, 0xff).toString('base64url') }, '/sha256'],
  ['C27 -1', { expiresIn: -1 }, '/expiresIn'],
  ['C27 604801', { expiresIn: 604_801 }, '/expiresIn'],
  ['C27 1e9', { expiresIn: 1e9 }, '/expiresIn'],
  ['C30 Content-Type', { metadata: { 'Content-Type': 'x' } }, '/metadata/Content-Type'],
  ['C30 a slash', { metadata: { 'a/b': 'x' } }, '/metadata/a~1b'],
  ['C31 an object', { metadata: { a: {} } }, '/metadata/a'],
  ['C33 bucket', { bucket: 'x' }, '/bucket'],
  ['C33 prefix', { prefix: 'x' }, '/prefix'],
  ['B13 tenant', { tenant: 'other' }, '/tenant'],
  ['a token of one’s own choice', { tokenId: 'x' }, '/tokenId'],
  ['D7 spaces', { filename: '   ' }, '/filename'],
  ['D7 one dot', { filename: '.' }, '/filename'],
  ['D3 a C1 control', { filename: 'a\u0085b' }, '/filename'],
  ['D16 a lone surrogate', { filename: 'a\udfff' }, '/filename'],
])('%s is 422 and names the field', async (_case, change, pointer) => {
  const answer = await api.post('/v1/uploads', { ...slotBody, ...change })
  expect([answer.status, answer.body.errors?.[0]?.pointer]).toEqual([422, pointer])
})

it.each(['9007199254740993', '1e400', '64.0000000000001', '99999999999999999999'])(
  'C7 a size of %s is 422, and never rounded',
  async (size) => {
    const answer = await request(world.app)
      .post('/v1/uploads')
      .set({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
      .send(JSON.stringify(slotBody).replace('"size":64', `"size":${size}`))
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, '/size'])
  },
)

it('C3 zero bytes are taken where the profile allows them', async () => {
  const answer = await api.post('/v1/uploads', { ...slotBody, profile: 'empty', size: 0 })
  expect(answer.status).toBe(201)
})

// Names are kept as given: they are shown, never used as a key, and cleaned in Content-Disposition.
it.each([
  ['D6 zero-width characters', 'a\u200bb\ufeff.png'],
  ['D9 é as one character', 'caf\u00e9.png'],
  ['D9 é as two characters', 'cafe\u0301.png'],
  ['D13 two extensions', 'x.php.png'],
  ['D13 an extension that lies', 'x.png.exe'],
  ['D10 Arabic', 'ملف.pdf'],
  ['D12 a trailing dot', 'a.'],
])('%s in a name come back as they were given', async (_case, filename) => {
  const { body, status } = await api.post('/v1/uploads', { ...slotBody, filename })
  expect([status, body.filename]).toEqual([201, filename])
  expect((await api.get(`/v1/uploads/${body.id}`)).body.filename).toBe(filename)
  expect(new URL(body.slot.url).pathname).not.toContain('png')
})
