import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { createWorld, EVENTS_TOKEN, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.close())

const stored = async () => world.store.db.selectFrom('inbox').select('body').execute()
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('POST /events/s3', () => {
  it.each([
    ['G1 nothing', {}],
    ['G1 a wrong token', { authorization: 'Bearer wrong' }],
    ['G1 a longer token', { authorization: `Bearer ${EVENTS_TOKEN}x` }],
    ['a wrong password', { authorization: basic('user:wrong') }],
  ])('answers 401 and stores nothing with %s', async (_case, headers) => {
    const answer = await request(world.app).post('/events/s3').set(headers).send({ Records: [] })
    expect(answer.status).toBe(401)
    expect(await stored()).toEqual([])
  })

  it.each([
    ['a bearer token', '/events/s3', { authorization: `Bearer ${EVENTS_TOKEN}` }],
    ['a basic password', '/events/s3', { authorization: basic(`any:${EVENTS_TOKEN}`) }],
    ['a token in the query', `/events/s3?token=${EVENTS_TOKEN}`, {}],
  ])('knows the sender by %s', async (_case, path, headers) => {
    const answer = await request(world.app).post(path).set(headers).send({ Records: [] })
    expect(answer.status).toBe(202)
    expect(answer.text).toBe('')
  })

  const post = (body: string, type = 'application/json') =>
    request(world.app)
      .post('/events/s3')
      .set('authorization', `Bearer ${EVENTS_TOKEN}`)
      .set('content-type', type)
      .send(body)

  it.each([
    ['G4 what is not JSON', 'not json', 'text/plain'],
    ['G6 an empty object', '{}', 'application/json'],
    ['G19 a test event', '{"Event":"s3:TestEvent"}', 'application/json'],
  ])('answers 202 to %s, as a refusal would block the sender', async (_case, body, type) => {
    expect((await post(body, type)).status).toBe(202)
    expect((await stored()).map((row) => row.body)).toContain(body)
  })

  it('G3 answers 202 to an empty ping', async () => {
    expect((await post('')).status).toBe(202)
  })

  it('stores a repeated event once', async () => {
    const before = (await stored()).length
    for (let times = 0; times < 5; times += 1) await post('{"once":1}')
    expect((await stored()).length).toBe(before + 1)
  })

  it('answers 405 to GET and 413 to more than a mebibyte', async () => {
    expect((await request(world.app).get('/events/s3')).status).toBe(405)
    expect((await post('x'.repeat(1024 * 1024 + 1), 'text/plain')).status).toBe(413)
  })
})
