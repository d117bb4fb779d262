import { afterAll, beforeAll, expect, it } from '@jest/globals'
import request from 'supertest'
import { slotBody } from '../../support/api.ts'
import { someBytes } from '../../support/uploads.ts'
import { createWorld, put, type World } from '../../support/world.ts'

let world: World
let key: string
beforeAll(async () => {
  world = await createWorld()
  key = await world.newKey()
})
afterAll(() => world.close())

const post = (text: string) =>
  request(world.app)
    .post('/v1/uploads')
    .set({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
    .send(text)

it('B7 the last of two equal keys is the one for record, quota and signature alike', async () => {
  const { body, status } = await post(
    JSON.stringify(slotBody).replace('"size":64', '"size":9000,"size":64'),
  )
  expect([status, body.size]).toEqual([201, 64])
  const quota = await world.store.db.selectFrom('quotas').select('reserved_bytes').execute()
  expect(quota).toEqual([{ reserved_bytes: 64 }])
  expect(await put(body.slot, someBytes(9000))).toBe(403)
  expect(await put(body.slot, someBytes(64))).toBe(200)
})

it.each([
  ['B3 a text', '"x"'],
  ['B3 a number', '1'],
  ['B10 the constructor’s prototype', '{"constructor":{"prototype":{"isAdmin":true}}}'],
  ['B10 an escaped __proto__', '{"\\u005f\\u005fproto__":{"isAdmin":true}}'],
  ['B12 a state', JSON.stringify({ ...slotBody, state: 'ready' })],
  [
    'B16 a lone surrogate in metadata',
    JSON.stringify({ ...slotBody, metadata: { a: '?' } }).replace('?', '\\udfff'),
  ],
  [
    'B16 a lone surrogate as a key',
    JSON.stringify({ ...slotBody, metadata: { '?': '' } }).replace('?', '\\ud800'),
  ],
  ['16 KiB of filename', JSON.stringify({ ...slotBody, filename: 'x'.repeat(16_384) })],
  ['60,000 open objects', `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`],
])('%s is 422, pollutes nothing and is not repeated at length', async (_case, text) => {
  const answer = await post(text)
  expect([answer.status, answer.body.type]).toEqual([422, '/problems/validation-failed'])
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  expect(answer.text.length).toBeLessThan(20_000)
})

it.each([
  ['B15 comments', `/* hi */ ${JSON.stringify(slotBody)}`],
  ['B15 single quotes', "{'size':1}"],
  ['B1 white space', ' \r\n\t '],
  ['bytes that are not UTF-8', `{"filename":"\u00ff"}`],
])('%s is 400', async (_case, text) => {
  const answer = await request(world.app)
    .post('/v1/uploads')
    .set({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
    .serialize((sent: unknown) => sent as string)
    .send(Buffer.from(text, 'latin1') as unknown as string)
  expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-json'])
})

it('B9 ten thousand keys are 422, where a body may be large enough to have them', async () => {
  const answer = await request(world.app)
    .post('/v1/uploads/batch')
    .set({ authorization: `Bearer ${key}`, 'content-type': 'application/json' })
    .send(`{${Array.from({ length: 10_000 }, (_, n) => `"${n}":0`).join()}}`)
  expect([answer.status, answer.body.type]).toEqual([422, '/problems/validation-failed'])
  expect(answer.text.length).toBeLessThan(20_000)
})
