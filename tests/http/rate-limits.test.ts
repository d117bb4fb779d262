import { afterEach, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import request from 'supertest'
import { networkOf } from '../../src/http/address.ts'
import { apiOf, slotBody } from '../support/api.ts'
import { createTwoNodes } from '../support/two-nodes.ts'
import { createWorld, EVENTS_TOKEN, type World, type WorldOptions } from '../support/world.ts'

let worlds: World[] = []
afterEach(async () => {
  await Promise.all(worlds.map((world) => world.close()))
  worlds = []
})

/** At the beginning of a minute, so that no test runs into the next one. */
function atMinuteStart(world: World): World {
  world.clock.advance(62 - (world.clock.now().getTime() % 60_000) / 1000)
  return world
}

async function limited(options: WorldOptions): Promise<World> {
  const world = atMinuteStart(await createWorld(options))
  worlds.push(world)
  return world
}

const UNKNOWN = `/v1/uploads/upl_${'0'.repeat(32)}`
const rates = (perMinute: number, anonymousPerMinute = 0) => ({
  rates: { perMinute, anonymousPerMinute },
})

describe('requests of one key', () => {
  it('F16 are answered 429 with Retry-After and RateLimit once the minute is used up, and again in the next', async () => {
    const world = await limited(rates(5))
    const api = apiOf(world, await world.newKey())
    const answers = []
    for (let nth = 0; nth < 7; nth += 1) answers.push(await api.get(UNKNOWN))
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429, 429])
    expect(answers.slice(0, 5).map(({ headers }) => headers['ratelimit'])).toEqual(
      [4, 3, 2, 1, 0].map((left) => expect.stringMatching(`^"caller";r=${left};t=\\d+$`)),
    )
    const refused = answers[5]
    expect(refused?.headers['ratelimit-policy']).toBe('"caller";q=5;w=60')
    expect(refused?.body).toMatchObject({ type: '/problems/rate-limited', retry: 'safe' })
    const wait = Number(refused?.headers['retry-after'])
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60)
    world.clock.advance(wait)
    expect((await api.get(UNKNOWN)).status).toBe(404)
  })

  it('are counted by key: another key of the same tenant has its own', async () => {
    const world = await limited(rates(1))
    const [one, two] = [await world.newKey(), await world.newKey()]
    expect((await apiOf(world, one).get(UNKNOWN)).status).toBe(404)
    expect((await apiOf(world, one).get(UNKNOWN)).status).toBe(429)
    expect((await apiOf(world, two).get(UNKNOWN)).status).toBe(404)
  })

  it('leave nothing behind when they are refused', async () => {
    const world = await limited(rates(1))
    const api = apiOf(world, await world.newKey())
    await api.get(UNKNOWN)
    const refused = await api.post('/v1/uploads', slotBody).set('idempotency-key', 'k')
    expect(refused.status).toBe(429)
    for (const table of ['uploads', 'quotas', 'idempotency_keys'] as const) {
      expect(await world.store.db.selectFrom(table).selectAll().execute()).toEqual([])
    }
  })

  it('let through what the limit says when they all come at once', async () => {
    const world = await limited(rates(40))
    const api = apiOf(world, await world.newKey())
    const answers = await Promise.all(
      Array.from({ length: 120 }, () => api.get(UNKNOWN).then(({ status }) => status)),
    )
    expect(answers.filter((status) => status === 404)).toHaveLength(40)
  })

  it('have no limit with 0, and no headers of one', async () => {
    const world = await limited(rates(0))
    const answer = await apiOf(world, await world.newKey()).get(UNKNOWN)
    expect(answer.headers['ratelimit']).toBeUndefined()
  })

  it('cost a write per twentieth of the limit, not one each', async () => {
    const world = await limited(rates(400))
    let writes = 0
    const { write } = world.store
    const key = await world.newKey()
    const id = key.split('_')[1] ?? ''
    Object.assign(world.store, {
      write: ((work) => {
        writes += 1
        return write(work)
      }) satisfies typeof write,
    })
    for (let nth = 0; nth < 200; nth += 1) {
      expect((await world.broker.countRequest('caller', id))?.isAllowed).toBe(true)
    }
    expect(writes).toBeLessThanOrEqual(11)
  })
})

describe('requests while the database takes no writes', () => {
  it.each([40, 400])(
    'that only read are answered up to the limit of %d, and counted when it writes again',
    async (limit) => {
      const world = await limited(rates(limit))
      const api = apiOf(world, await world.newKey())
      await sql`pragma query_only = on`.execute(world.store.db)
      const half = Array.from({ length: limit / 2 }, () => api.get(UNKNOWN))
      const answers = (await Promise.all(half)).map(({ status }) => status)
      expect(new Set(answers)).toEqual(new Set([404]))
      expect((await api.post('/v1/uploads', slotBody)).status).toBe(503)
      await sql`pragma query_only = off`.execute(world.store.db)
      let passed = limit / 2 + 1
      while ((await api.get(UNKNOWN)).status === 404) passed += 1
      expect(passed).toBe(limit)
    },
  )

  it('are refused beyond the limit all the same', async () => {
    const world = await limited(rates(40))
    const api = apiOf(world, await world.newKey())
    await sql`pragma query_only = on`.execute(world.store.db)
    const answers = await Promise.all(Array.from({ length: 120 }, () => api.get(UNKNOWN)))
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(40)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(80)
  })
})

describe('requests of two nodes', () => {
  it.each([10, 60, 400])(
    'are counted together: at most %d pass, give or take a share',
    async (limit) => {
      const pair = await createTwoNodes(rates(limit))
      const nodes = pair.nodes.map(atMinuteStart)
      const passed = await Promise.all(
        nodes.map(async ({ broker }) => {
          let count = 0
          for (let nth = 0; nth < limit; nth += 1) {
            if ((await broker.countRequest('caller', 'a'))?.isAllowed) count += 1
          }
          return count
        }),
      )
      const all = passed.reduce((sum, count) => sum + count, 0)
      // A twentieth of the limit is given on credit, where that is ten or more.
      const credit = limit / 20 >= 10 ? limit / 20 : 0
      expect(all).toBeGreaterThanOrEqual(limit - credit)
      expect(all).toBeLessThanOrEqual(limit + 2 * credit)
      await pair.close()
    },
  )
})

describe('requests without a valid key', () => {
  const wrong = { authorization: 'Bearer wrong' }

  it('are counted by address, and do not hold up a neighbour who has a key', async () => {
    const world = await limited(rates(0, 2))
    const bad = () => request(world.app).get(UNKNOWN).set(wrong)
    expect([(await bad()).status, (await bad()).status]).toEqual([401, 401])
    const third = await bad()
    expect([third.status, third.headers['ratelimit-policy']]).toEqual([429, '"address";q=2;w=60'])
    expect((await request(world.app).get('/nope')).status).toBe(429)
    expect((await request(world.app).get('/.well-known/jwks.json')).status).toBe(429)
    expect((await apiOf(world, await world.newKey()).get(UNKNOWN)).status).toBe(404)
  })

  it('A25 are not told apart by an X-Forwarded-For that nobody trusts', async () => {
    const world = await limited(rates(0, 2))
    const from = (address: string) =>
      request(world.app)
        .get(UNKNOWN)
        .set({ ...wrong, 'x-forwarded-for': address })
    const said = []
    for (const last of [1, 2, 3]) said.push((await from(`203.0.113.${last}`)).status)
    expect(said).toEqual([401, 401, 429])
  })

  it('are told apart by it behind a trusted proxy', async () => {
    const world = await limited({ ...rates(0, 1), http: { trustProxy: 'loopback' } })
    const from = (address: string) =>
      request(world.app)
        .get(UNKNOWN)
        .set({ ...wrong, 'x-forwarded-for': address })
    const said = []
    for (const last of [1, 2, 1]) said.push((await from(`203.0.113.${last}`)).status)
    expect(said).toEqual([401, 401, 429])
  })

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
  ])('of %s are counted under %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
})

describe('event intake and operations', () => {
  it('are exempt', async () => {
    const world = await limited(rates(1, 1))
    const paths = ['/livez', '/readyz', '/health', '/version', '/metrics']
    for (const path of [...paths, ...paths]) {
      const answer = await request(world.app).get(path)
      expect([path, answer.status, answer.headers['ratelimit']]).toEqual([path, 200, undefined])
    }
    for (let nth = 0; nth < 3; nth += 1) {
      const event = request(world.app).post('/events/s3').send({ nth })
      expect((await event.set('authorization', `Bearer ${EVENTS_TOKEN}`)).status).toBe(202)
      expect((await request(world.app).post('/events/s3').send({ nth })).status).toBe(401)
    }
  })
})

it('counts of past minutes go with the sweep', async () => {
  const world = await limited(rates(5))
  await world.broker.countRequest('caller', 'a')
  world.clock.advance(600)
  await world.broker.countRequest('caller', 'a')
  await world.broker.sweepExpired(100)
  expect(await world.store.db.selectFrom('rate_counts').selectAll().execute()).toHaveLength(1)
})
