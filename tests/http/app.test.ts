import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { connect } from 'node:net'
import request from 'supertest'
import { bornReady } from '../../src/http/born-ready.ts'
import { listen, type Listening } from '../../src/http/server.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

let world: World
let server: Listening
beforeAll(async () => {
  world = await createWorld({ http: { corsOrigins: ['https://app.example'] } })
  server = await listen(world.app, bornReady(world.routes), {
    host: '127.0.0.1',
    port: 0,
    drainSeconds: 0,
  })
})
afterAll(async () => {
  await server.close()
  await world.close()
})

/** Sends raw bytes, and resolves with all that came back until the connection closed. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
    socket.write(bytes)
  })
}

describe('any request', () => {
  it.each([
    { what: 'A1 an unknown path', method: 'get', path: '/nope', refusal: [404, 'not-found'] },
    { what: 'an unknown path below', method: 'get', path: '/v1/nope', refusal: [404, 'not-found'] },
    { what: 'a trailing slash', method: 'get', path: '/v1/uploads/', refusal: [404, 'not-found'] },
    {
      what: 'a wrong method',
      method: 'put',
      path: '/v1/uploads',
      refusal: [405, 'method-not-allowed'],
    },
    {
      what: 'A21 a stray percent sign',
      method: 'get',
      path: '/v1/uploads/%',
      refusal: [400, 'malformed-path'],
    },
    {
      what: 'A12 a very long address',
      method: 'get',
      path: `/v1/uploads?x=${'y'.repeat(9000)}`,
      refusal: [414, 'uri-too-long'],
    },
  ] as const)(
    '$what gets its status before anybody asks who is calling',
    async ({ method, path, refusal: [status, slug] }) => {
      const answer = await request(world.app)[method](path)
      expect([answer.status, answer.body.type]).toEqual([status, `/problems/${slug}`])
    },
  )

  it('names the methods that are allowed', async () => {
    const answer = await request(world.app).put('/v1/uploads')
    expect(answer.headers['allow']).toBe('POST, GET, HEAD')
  })

  it('answers 406 when JSON is excluded', async () => {
    const api = apiOf(world, await world.newKey())
    const answer = await api.get('/v1/uploads').set('accept', 'text/html')
    expect(answer.status).toBe(406)
  })

  it("carries the safe headers, and a request id of its own or the caller's", async () => {
    const answer = await request(world.app).get('/livez').set('x-request-id', 'mine-1')
    expect(answer.headers).toMatchObject({
      'x-request-id': 'mine-1',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    const strange = await request(world.app).get('/livez').set('x-request-id', 'a b<script>')
    expect(strange.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('opens the API to the configured origin alone', async () => {
    const preflight = (origin: string) =>
      request(world.app)
        .options('/v1/uploads')
        .set({ origin, 'access-control-request-method': 'POST' })
    const known = await preflight('https://app.example')
    expect(known.headers['access-control-allow-origin']).toBe('https://app.example')
    for (const header of ['authorization', 'idempotency-key', 'if-match', 'content-digest'])
      expect(known.headers['access-control-allow-headers']?.split(',')).toContain(header)
    const unknown = await preflight('https://app.example.evil')
    expect(unknown.headers['access-control-allow-origin']).toBeUndefined()
  })

  it('A7 refuses an announced giant at once, without waiting for it', async () => {
    const key = await world.newKey()
    const answer = await raw(
      `POST /v1/uploads HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  it.each([
    [
      'A13 length and chunks',
      'POST /v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'F50 two lengths',
      'POST /v1/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n{}',
      400,
    ],
    ['A15 a NUL in a header', 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400],
    ['A16 no Host', 'GET /livez HTTP/1.1\r\n\r\n', 400],
    [
      'headers over 16 KiB',
      `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(17_000)}\r\n\r\n`,
      431,
    ],
  ])('%s is refused by the parser and the connection closed', async (_case, bytes, status) => {
    expect(await raw(bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('A18 headers that never end are cut off', async () => {
    const answer = await raw('GET /livez HTTP/1.1\r\nHost: a\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })
})

describe('operations', () => {
  it('says it is up, ready and healthy', async () => {
    expect((await request(world.app).get('/livez')).body).toEqual({ ok: true })
    expect((await request(world.app).get('/readyz')).body).toEqual({ ok: true, degraded: false })
    expect((await request(world.app).get('/health')).body).toEqual({ ok: true })
    expect((await request(world.app).get('/version')).body.version).toBe('0.0.0')
  })

  it('issues slots while the object store is down, stays ready as degraded, and says 503 on /health', async () => {
    const own = await createWorld()
    const api = apiOf(own, await own.newKey())
    await own.objects.close()
    expect((await api.post('/v1/uploads', slotBody)).status).toBe(201)
    expect((await request(own.app).get('/readyz')).body).toEqual({ ok: true, degraded: true })
    const health = await request(own.app).get('/health')
    expect(health.status).toBe(503)
    expect(health.body.checks).toEqual({
      records: 'ok',
      storage: 'unavailable',
      storageCircuit: 'closed',
      storageClock: 'ok',
      clockSkewSeconds: null,
      events: 'ok',
      scanner: 'off',
    })
    await own.store.close()
  })

  it('switches parts off with 503 draining', async () => {
    const own = await createWorld({ http: { issueSlots: false, acceptEvents: false } })
    const api = apiOf(own, await own.newKey())
    const answer = await api.post('/v1/uploads', slotBody)
    expect([answer.status, answer.body.type, answer.body.retry]).toEqual([
      503,
      '/problems/draining',
      'safe',
    ])
    expect((await api.get('/v1/uploads')).status).toBe(200)
    await own.close()
  })
})
