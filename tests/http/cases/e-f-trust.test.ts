import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import type { Scope } from '../../../src/broker/api-keys.ts'
import { apiOf, slotBody, type Api } from '../../support/api.ts'
import { createWorld, type World } from '../../support/world.ts'

let world: World
let key: string
let api: Api
let reader: Api
beforeAll(async () => {
  world = await createWorld()
  key = await world.newKey()
  api = apiOf(world, key)
  reader = apiOf(world, await world.newKey('tenant-a', ['uploads:read']))
})
afterAll(() => world.close())

const UNKNOWN = `/v1/uploads/upl_${'0'.repeat(32)}`

it('E13 a call without an Idempotency-Key is made, as none is required', async () => {
  const two = [await api.post('/v1/uploads', slotBody), await api.post('/v1/uploads', slotBody)]
  expect(two.map(({ status }) => status)).toEqual([201, 201])
  expect(two[0]?.body.id).not.toBe(two[1]?.body.id)
})

const CALLS: ['get' | 'post' | 'delete', string, Scope][] = [
  ['post', '/v1/uploads', 'uploads:write'],
  ['post', '/v1/uploads/batch', 'uploads:write'],
  ['post', '/v1/tokens', 'uploads:write'],
  ['get', '/v1/uploads', 'uploads:read'],
  ['get', UNKNOWN, 'uploads:read'],
  ['delete', UNKNOWN, 'uploads:write'],
  ['post', `${UNKNOWN}/slot`, 'uploads:write'],
  ['post', `${UNKNOWN}/complete`, 'uploads:write'],
  ['get', `${UNKNOWN}/download`, 'uploads:read'],
  ['get', `${UNKNOWN}/history`, 'uploads:read'],
  ['get', `${UNKNOWN}/receipt`, 'uploads:read'],
]

describe('every call', () => {
  it.each(CALLS)(
    'F1 %s %s without a credential is 401 with WWW-Authenticate',
    async (method, path) => {
      const answer = await request(world.app)[method](path)
      expect([answer.status, answer.body.type]).toEqual([401, '/problems/unauthenticated'])
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="berth"')
    },
  )

  const bodies: Record<string, object> = {
    '/v1/uploads': slotBody,
    '/v1/uploads/batch': { uploads: [slotBody] },
    '/v1/tokens': {},
  }
  it.each(CALLS.filter(([, , scope]) => scope === 'uploads:write'))(
    'F4 %s %s with a key that may only read is 403, and says what it takes',
    async (method, path) => {
      const answer = await reader[method](path, bodies[path])
      expect([answer.status, answer.body.type]).toEqual([403, '/problems/forbidden'])
      expect(answer.body.expected).toContain('uploads:write')
    },
  )

  it.each(CALLS.filter(([, path]) => path.startsWith(UNKNOWN)))(
    'F12 %s %s gives another tenant the 404 of an unknown id, byte for byte but the instance',
    async (method, path) => {
      const { id } = (await api.post('/v1/uploads', slotBody)).body
      const other = apiOf(world, await world.newKey('tenant-b'))
      const own = path.replace(/upl_0+/, id)
      const [theirs, none] = [await other[method](own), await other[method](path)]
      expect([theirs.status, none.status]).toEqual([404, 404])
      const bare = ({ text, body }: { text: string; body: { instance: string } }) =>
        text.replace(body.instance, '')
      expect(bare(theirs)).toBe(bare(none))
      expect((await api.get(`/v1/uploads/${id}`)).body).toMatchObject({
        state: 'pending',
        version: 1,
      })
    },
  )
})

it.each([
  'x',
  `upl_${'F'.repeat(32)}`,
  `upl_${'0'.repeat(31)}`,
  `upl_${'0'.repeat(33)}`,
  `upl_${'0'.repeat(32)}%00`,
  "upl_' or '1'='1",
  'upl_0;drop table uploads',
  '%E2%80%8B',
])('F13 the id %s is 404', async (id) => {
  expect((await api.get(`/v1/uploads/${encodeURI(decodeURI(id))}`)).status).toBe(404)
})

describe('F15 the time that a wrong key takes', () => {
  const PAIRS = 1_500

  /** One call, in milliseconds. */
  const time = async (token: string): Promise<number> => {
    const before = performance.now()
    await world.broker.authenticate(token).catch(() => undefined)
    return performance.now() - before
  }
  const median = (times: number[]): number =>
    times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

  it.each<[string, (right: string) => [string, string]]>([
    [
      'how much of its secret is right',
      (right) => {
        const last = right.endsWith('A') ? 'B' : 'A'
        return [right.slice(0, -1) + last, right.slice(0, -43) + 'A'.repeat(43)]
      },
    ],
    [
      'whether its id exists',
      (right) => [
        right.slice(0, -43) + 'A'.repeat(43),
        `berth_${'0'.repeat(16)}_${'A'.repeat(43)}`,
      ],
    ],
  ])(
    'does not tell %s',
    async (_what, pairOf) => {
      const [one, two] = pairOf(key)
      const times: [number[], number[]] = [[], []]
      // In turns, so that whatever else the machine does falls on both.
      for (let nth = 0; nth < PAIRS; nth += 1) {
        times[0].push(await time(one))
        times[1].push(await time(two))
      }
      const ratio = median(times[0]) / median(times[1])
      expect(ratio).toBeGreaterThan(0.6)
      expect(ratio).toBeLessThan(1.7)
    },
    60_000,
  )
})
