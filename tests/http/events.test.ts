import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import request from 'supertest'
import { unauthenticated } from '../../src/problems.ts'
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

describe('POST /events/eventbridge', () => {
  const post = (key: string | undefined, body: string) =>
    request(world.app)
      .post('/events/eventbridge')
      .set(key === undefined ? {} : { 'x-api-key': key })
      .set('content-type', 'application/json')
      .send(body)

  it('G34 answers 401 to a wrong key and stores nothing, 202 to the right one whatever it says', async () => {
    const before = (await stored()).length
    expect((await post(undefined, '{"e":1}')).status).toBe(401)
    expect((await post('wrong', '{"e":1}')).status).toBe(401)
    expect((await stored()).length).toBe(before)
    expect((await post(EVENTS_TOKEN, '{"source":"my.app"}')).status).toBe(202)
    expect((await post(EVENTS_TOKEN, '[{},{}]')).status).toBe(202)
    expect((await stored()).length).toBe(before + 2)
  })
})

describe('POST /events/sns', () => {
  it('answers 401 when no topic is configured', async () => {
    const answer = await request(world.app).post('/events/sns').type('text/plain').send('{}')
    expect(answer.status).toBe(401)
  })

  it('G21 takes text/plain, stores what the gate lets through, and refuses the rest', async () => {
    const own = await createWorld({
      assertSns: (body) =>
        body.includes('good') ? Promise.resolve() : Promise.reject(unauthenticated('forged')),
    })
    const post = (body: string) =>
      request(own.app)
        .post('/events/sns')
        .set('content-type', 'text/plain; charset=UTF-8')
        .send(body)
    expect((await post('forged')).status).toBe(401)
    expect((await post('good')).status).toBe(202)
    const rows = await own.store.db.selectFrom('inbox').select(['source', 'body']).execute()
    expect(rows).toEqual([{ source: 'sns', body: 'good' }])
    await own.close()
  })
})

describe('event intake', () => {
  it('G37 answers 503 with Retry-After while the records are away, its only refusal of the authentic', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'berth-intake-'))
    const own = await createWorld({ folder })
    const other = new Sqlite(join(folder, 'berth.db'))
    other.exec('begin immediate')
    const answer = await request(own.app)
      .post('/events/s3')
      .set('authorization', `Bearer ${EVENTS_TOKEN}`)
      .send({ Records: [] })
    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toBe('2')
    other.close()
    await own.close()
    rmSync(folder, { recursive: true })
  })
})
