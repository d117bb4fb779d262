import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { apiOf, type Api } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

const URL_OK = 'https://hooks.example.com/berth?x=1'

let world: World
let api: Api
let other: Api

beforeAll(async () => {
  world = await createWorld({
    profiles: { default: {}, avatar: {} },
    webhooks: { allowPrivate: false },
  })
  api = apiOf(world, await world.newKey('tenant-a', ['admin']))
  other = apiOf(world, await world.newKey('tenant-b', ['admin']))
})
afterAll(() => world.close())

const register = async (api_: Api = api, body: object = {}): Promise<Record<string, string>> => {
  const answer = await api_.post('/v1/webhooks', { url: 'https://hooks.acme.io/', ...body })
  expect([answer.status, answer.body]).toEqual([201, expect.anything()])
  return answer.body
}

const slugOf = ({ body }: { body: { type?: string } }) => body.type?.split('/').at(-1)

describe('POST /v1/webhooks', () => {
  it('answers the endpoint with its secret, which is shown nowhere else and stored sealed', async () => {
    const answer = await api.post('/v1/webhooks', {
      url: 'https://hooks.acme.io/in#fragment',
      events: ['upload.ready'],
      profiles: ['avatar'],
      description: 'orders',
    })
    const { id, secret } = answer.body
    expect([answer.status, answer.headers['location']]).toEqual([201, `/v1/webhooks/${id}`])
    expect(answer.body).toMatchObject({
      url: 'https://hooks.acme.io/in',
      events: ['upload.ready'],
      profiles: ['avatar'],
      description: 'orders',
      state: 'enabled',
    })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const shown = await api.get(`/v1/webhooks/${id}`)
    const listed = await api.get('/v1/webhooks')
    const rows = await world.store.db.selectFrom('webhooks').selectAll().execute()
    for (const place of [shown.body, listed.body, rows]) {
      expect(JSON.stringify(place)).toContain(id)
      expect(JSON.stringify(place)).not.toContain(secret.slice('whsec_'.length))
    }
  })

  it.each<[string, object]>([
    ['a secret of the caller’s', { secret: 'whsec_c2hvcnQ=' }],
    ['an unknown event', { events: ['upload.eaten'] }],
    ['no events at all', { events: [] }],
    ['an unknown field', { state: 'disabled' }],
    ['a URL that is no text', { url: 7 }],
  ])('refuses %s', async (_what, body) => {
    const answer = await api.post('/v1/webhooks', { url: 'https://hooks.acme.io/', ...body })
    expect([answer.status, slugOf(answer)]).toEqual([422, 'validation-failed'])
  })

  it('refuses a profile that there is not, since nothing would ever come of it', async () => {
    const answer = await api.post('/v1/webhooks', {
      url: 'https://a.acme.io/',
      profiles: ['avatr'],
    })
    expect([answer.status, slugOf(answer)]).toEqual([422, 'unknown-profile'])
  })

  it('does not repeat a refused URL, as it may hold a secret', async () => {
    const answer = await api.post('/v1/webhooks', {
      url: 'https://u:hunter2@hooks.acme.io/?t=hush',
    })
    expect([answer.status, slugOf(answer)]).toEqual([422, 'webhook-url-not-allowed'])
    expect(answer.text).not.toMatch(/hunter2|hush/)
  })

  it('asks for the scope admin', async () => {
    const writer = apiOf(world, await world.newKey('tenant-a', ['uploads:write', 'uploads:read']))
    for (const answer of [
      await writer.post('/v1/webhooks', { url: URL_OK }),
      await writer.get('/v1/webhooks'),
      await writer.get('/v1/deliveries'),
      await writer.post(`/v1/deliveries/dlv_${'0'.repeat(32)}/redeliver`),
    ]) {
      expect([answer.status, slugOf(answer)]).toEqual([403, 'forbidden'])
    }
  })

  it('J15 allows 100 endpoints per tenant, and the place of a deleted one again', async () => {
    const crowded = apiOf(world, await world.newKey('tenant-full', ['admin']))
    const all = await Promise.all(Array.from({ length: 100 }, () => register(crowded)))
    const refused = await crowded.post('/v1/webhooks', { url: 'https://hooks.acme.io/' })
    expect([refused.status, slugOf(refused)]).toEqual([403, 'quota-exceeded'])
    expect((await crowded.delete(`/v1/webhooks/${all[50]?.['id']}`)).status).toBe(204)
    await register(crowded)
    expect((await crowded.post('/v1/webhooks', { url: 'https://a.acme.io/' })).status).toBe(403)
  })
})

describe('an endpoint', () => {
  it('is as absent as an unknown one for another tenant', async () => {
    const { id } = await register()
    const calls: [keyof Api, string][] = [
      ['get', ''],
      ['delete', ''],
      ['post', '/rotate'],
      ['post', '/enable'],
      ['post', '/test'],
    ]
    for (const [method, path] of calls) {
      const theirs = await other[method](`/v1/webhooks/${id}${path}`)
      const unknown = await other[method](`/v1/webhooks/wh_nothing${path}`)
      expect([theirs.status, slugOf(theirs)]).toEqual([404, 'not-found'])
      expect({ ...theirs.body, instance: null }).toEqual({ ...unknown.body, instance: null })
    }
    expect((await other.get('/v1/webhooks')).body.webhooks).toEqual([])
  })

  it('is gone once deleted', async () => {
    const { id } = await register()
    expect((await api.delete(`/v1/webhooks/${id}`)).status).toBe(204)
    expect((await api.delete(`/v1/webhooks/${id}`)).status).toBe(404)
    expect((await api.get(`/v1/webhooks/${id}`)).status).toBe(404)
  })

  it('gets another secret by rotation, and says how long the old one signs too', async () => {
    const { id, secret } = await register()
    const answer = await api.post(`/v1/webhooks/${id}/rotate`, { overlapSeconds: 60 })
    expect(answer.status).toBe(200)
    expect(answer.body.secret).toMatch(/^whsec_/)
    expect(answer.body.secret).not.toBe(secret)
    const until = Date.parse(answer.body.previousSecretUntil) - world.clock.now().getTime()
    expect(until).toBeGreaterThan(55_000)
    expect(until).toBeLessThan(61_000)
    const usual = await api.post(`/v1/webhooks/${id}/rotate`)
    const day = Date.parse(usual.body.previousSecretUntil) - world.clock.now().getTime()
    expect(Math.round(day / 60_000)).toBe(1440)
    const none = await api.post(`/v1/webhooks/${id}/rotate`, { overlapSeconds: 0 })
    expect(none.body.previousSecretUntil).toBeNull()
    const pending = api.post(`/v1/webhooks/${id}/rotate`).set('content-type', 'application/json')
    expect((await pending.send('null')).status).toBe(422)
  })
})

describe('GET /v1/deliveries', () => {
  it('pages through them, newest first, by cursors that no other tenant or list takes', async () => {
    const mine = apiOf(world, await world.newKey('tenant-pages', ['admin']))
    const { id } = await register(mine)
    const made: string[] = []
    for (let nth = 0; nth < 5; nth += 1) {
      const answer = await mine.post(`/v1/webhooks/${id}/test`)
      expect([answer.status, answer.body.state]).toEqual([202, 'pending'])
      made.push(answer.body.id)
      world.clock.advance(1)
    }
    const first = await mine.get('/v1/deliveries?limit=3')
    const cursor = String(first.body.nextCursor)
    const second = await mine.get(`/v1/deliveries?limit=3&cursor=${cursor}`)
    const listed = [...first.body.deliveries, ...second.body.deliveries]
    expect(listed.map((delivery: { id: string }) => delivery.id)).toEqual(made.reverse())
    expect(second.body.nextCursor).toBeNull()
    expect(listed[0]).toMatchObject({
      webhookId: id,
      uploadId: null,
      type: 'webhook.test',
      attempts: 0,
      lastStatus: null,
      lastError: null,
    })
    for (const [api_, path] of [
      [other, `/v1/deliveries?cursor=${cursor}`],
      [mine, `/v1/deliveries?cursor=${cursor.slice(1)}`],
      [mine, `/v1/uploads?cursor=${cursor}`],
    ] as const) {
      const answer = await api_.get(path)
      expect([answer.status, slugOf(answer)]).toEqual([400, 'invalid-cursor'])
    }
    expect((await mine.get('/v1/deliveries?state=dead')).body.deliveries).toEqual([])
    expect((await mine.get(`/v1/deliveries?webhookId=${id}`)).body.deliveries).toHaveLength(5)
    expect((await mine.get('/v1/deliveries?state=lost')).status).toBe(422)
    expect((await other.get('/v1/deliveries')).body.deliveries).toEqual([])
  })

  it('is 404 to send another tenant’s again, and 409 when its endpoint is gone', async () => {
    const mine = apiOf(world, await world.newKey('tenant-again', ['admin']))
    const { id } = await register(mine)
    const test = await mine.post(`/v1/webhooks/${id}/test`)
    const path = `/v1/deliveries/${test.body.id}/redeliver`
    expect((await mine.post(path)).status).toBe(202)
    expect((await other.post(path)).status).toBe(404)
    await mine.delete(`/v1/webhooks/${id}`)
    const answer = await mine.post(path)
    expect([answer.status, slugOf(answer)]).toEqual([409, 'illegal-state'])
  })
})
