import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import request from 'supertest'
import { bornReady } from '../../../src/http/born-ready.ts'
import { listen, type Listening } from '../../../src/http/server.ts'
import { apiOf, slotBody } from '../../support/api.ts'
import { sendRaw } from '../../support/raw-http.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let server: Listening
let key: string
beforeAll(async () => {
  world = await createWorld()
  server = await listen(world.app, bornReady(world.routes), {
    host: '127.0.0.1',
    port: 0,
    drainSeconds: 0,
  })
  key = await world.newKey()
})
afterAll(async () => {
  await server.close()
  await world.close()
})

const uploads = async (): Promise<number> =>
  (await world.store.db.selectFrom('uploads').select('id').execute()).length

const body = JSON.stringify(slotBody)
const digestOf = (algorithm: string, text: string) =>
  createHash(algorithm).update(text).digest('base64')

const post = (text: string, headers: Record<string, string>) =>
  request(world.app)
    .post('/v1/uploads')
    .set({ authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers })
    .send(text)

const padded = (length: number): string => body.replace('}', `${' '.repeat(length - body.length)}}`)

describe('the HTTP layer', () => {
  it.each<[string, string, Record<string, string>, [number, string | undefined]]>([
    ['A6 64 KiB + 1', padded(65_537), {}, [413, 'payload-too-large']],
    ['A6 64 KiB', padded(65_536), {}, [201, undefined]],
    [
      'A27 a wrong Content-Digest',
      body,
      { 'content-digest': `sha-256=:${digestOf('sha256', 'other')}:` },
      [400, 'digest-mismatch'],
    ],
    [
      'A27 a right digest beside a wrong one',
      body,
      {
        'content-digest': `sha-256=:${digestOf('sha256', body)}:, sha-512=:${digestOf('sha512', 'x')}:`,
      },
      [400, 'digest-mismatch'],
    ],
    [
      'A27 a Content-Digest that is none',
      body,
      { 'content-digest': 'wrong' },
      [400, 'digest-mismatch'],
    ],
    [
      'A27 a right digest',
      body,
      { 'content-digest': `sha-256=:${digestOf('sha256', body)}:` },
      [201, undefined],
    ],
    ['A27 an unknown algorithm', body, { 'content-digest': 'md5=:AAAA:' }, [201, undefined]],
  ])(
    '%s is answered as the list says, and leaves a record only with 201',
    async (_case, text, headers, expected) => {
      const before = await uploads()
      const answer = await post(text, headers)
      const slug = answer.status === 201 ? undefined : answer.body.type.replace('/problems/', '')
      expect([answer.status, slug]).toEqual(expected)
      expect((await uploads()) - before).toBe(answer.status === 201 ? 1 : 0)
    },
  )

  it('A4 a body without Content-Type is 415, and Accept says what would do', async () => {
    const { text } = await sendRaw(
      server.url,
      `POST /v1/uploads HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${key}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 415 /)
    expect(text.toLowerCase()).toContain('\r\naccept: application/json')
  })

  it('A22 an escaped way out of the path is an id that nobody has', async () => {
    const answer = await apiOf(world, key).get('/v1/uploads/..%2f..%2fadmin')
    expect([answer.status, answer.body.type]).toEqual([404, '/problems/not-found'])
  })

  it('A24 100,000 query parameters are refused before they are parsed, and memory stays flat', async () => {
    const query = Array.from({ length: 100_000 }, () => 'a[]=1').join('&')
    const before = process.memoryUsage().rss
    for (let times = 0; times < 20; times += 1) {
      const { statuses } = await sendRaw(
        server.url,
        `GET /v1/uploads?${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      ).catch(() => ({ statuses: [431] }))
      expect([400, 414, 431]).toContain(statuses[0])
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
  })

  it('A24 brackets in a short query are a parameter that nobody knows', async () => {
    expect((await apiOf(world, key).get('/v1/uploads?a[]=1')).status).toBe(422)
  })
})

const head = (more: string, method = 'POST /v1/uploads'): string =>
  `${method} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n${more}`

/** A request that only runs when somebody takes the rest of another body for one. */
const hidden = (): string => `${head(`Content-Length: ${body.length}\r\n\r\n`)}${body}`

describe('framing that two parsers could read differently', () => {
  it.each<[string, () => string]>([
    [
      'length and chunks',
      () => head('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    ],
    [
      'chunks and length',
      () => head('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n'),
    ],
    ['two lengths', () => head('Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}')],
    ['a list of lengths', () => head('Content-Length: 2, 3\r\n\r\n{}')],
    ['a negative length', () => head('Content-Length: -2\r\n\r\n{}')],
    ['a length with a plus', () => head('Content-Length: +2\r\n\r\n{}')],
    ['a length in hex', () => head('Content-Length: 0x2\r\n\r\n{}')],
    ['a space before the colon', () => head('Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n')],
    ['an unknown coding', () => head('Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n')],
    [
      'chunks that are not last',
      () => head('Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'),
    ],
    ['a folded header', () => head('X-A: b\r\n c: d\r\nContent-Length: 2\r\n\r\n{}')],
    ['a bare line feed', () => head('X-A: b\nContent-Length: 2\r\n\r\n{}')],
    ['a bare carriage return', () => head('X-A: b\rc\r\nContent-Length: 2\r\n\r\n{}')],
    [
      'a chunk size that overflows',
      () => head('Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n'),
    ],
    ['a chunk size that is none', () => head('Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n')],
  ])(
    '%s: is refused with 400 and a closed connection, and what comes after it does not run',
    async (_case, make) => {
      const before = await uploads()
      const { statuses } = await sendRaw(server.url, make() + hidden())
      expect(statuses).toEqual([400])
      expect(await uploads()).toBe(before)
    },
  )

  it('two requests at once on one connection are answered in turn', async () => {
    const before = await uploads()
    const last = 'GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
    const { statuses } = await sendRaw(server.url, hidden() + hidden() + last)
    expect(statuses).toEqual([201, 201, 200])
    expect((await uploads()) - before).toBe(2)
  })

  it('the rest of a body that was refused is not taken for a request', async () => {
    const before = await uploads()
    const { statuses } = await sendRaw(server.url, head('Content-Length: 70000\r\n\r\n') + hidden())
    expect(statuses).toEqual([413])
    expect(await uploads()).toBe(before)
  })
})

describe('a slow sender', () => {
  it('A19 whose body has not ended after 15 s is cut off with 408', async () => {
    const { text, seconds } = await sendRaw(server.url, head('Content-Length: 50\r\n\r\n{'))
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(seconds).toBeGreaterThan(14)
    expect(seconds).toBeLessThan(20)
  }, 40_000)
})
