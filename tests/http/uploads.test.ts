import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import request from 'supertest'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, download, put, type World } from '../support/world.ts'

let world: World
let api: Api
const bytes = someBytes(64)

beforeAll(async () => {
  world = await createWorld()
  api = apiOf(world, await world.newKey())
})
afterAll(() => world.close())

const issue = async () => (await api.post('/v1/uploads', slotBody)).body

async function ready() {
  const issued = await issue()
  await put(issued.slot, bytes)
  await api.post(`/v1/uploads/${issued.id}/complete`)
  await world.work()
  return issued
}

const slugOf = (answer: { body: { type?: string } }) => answer.body.type?.replace('/problems/', '')

describe('authentication', () => {
  it.each([
    ['no header', undefined],
    ['another scheme', 'Basic YTpi'],
    ['no key at all', 'Bearer nonsense'],
    ['an unknown key', `Bearer berth_${'0'.repeat(16)}_${'A'.repeat(43)}`],
  ])('answers 401 with WWW-Authenticate for %s', async (_case, header) => {
    const pending = request(world.app).get('/v1/uploads')
    const answer = await (header === undefined ? pending : pending.set('authorization', header))
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
    expect(slugOf(answer)).toBe('unauthenticated')
  })

  it('ends with the key: revoked and expired keys are unknown at once', async () => {
    const key = await world.newKey('tenant-r')
    expect((await apiOf(world, key).get('/v1/uploads')).status).toBe(200)
    await world.store.db
      .updateTable('api_keys')
      .set({ revoked_at: 1 })
      .where('tenant', '=', 'tenant-r')
      .execute()
    expect((await apiOf(world, key).get('/v1/uploads')).status).toBe(401)
  })

  it('answers 403 naming the scope that a key lacks', async () => {
    const reader = apiOf(world, await world.newKey('tenant-a', ['uploads:read']))
    const answer = await reader.post('/v1/uploads', slotBody)
    expect(answer.status).toBe(403)
    expect(answer.body.expected).toContain('uploads:write')
    expect((await reader.get('/v1/uploads')).status).toBe(200)
  })

  it('stores no secret of a key', async () => {
    const key = await world.newKey('tenant-s')
    const rows = await world.store.db.selectFrom('api_keys').selectAll().execute()
    // `berth_`, 16 of key id, `_`, and the rest is the secret.
    expect(JSON.stringify(rows)).not.toContain(key.slice('berth_'.length + 17))
  })
})

describe('another tenant', () => {
  it('gets the 404 of an unknown id from every call, instance aside', async () => {
    const issued = await ready()
    const other = apiOf(world, await world.newKey('tenant-b'))
    const unknown = `upl_${'f'.repeat(32)}`
    const calls: ['get' | 'post' | 'delete', string][] = [
      ['get', ''],
      ['delete', ''],
      ['post', '/slot'],
      ['post', '/complete'],
      ['get', '/download'],
      ['get', '/history'],
    ]
    for (const [method, path] of calls) {
      const theirs = await other[method](`/v1/uploads/${issued.id}${path}`)
      const none = await other[method](`/v1/uploads/${unknown}${path}`)
      expect([theirs.status, none.status]).toEqual([404, 404])
      expect({ ...theirs.body, instance: '' }).toEqual({ ...none.body, instance: '' })
    }
    expect((await other.get('/v1/uploads')).body.uploads).toEqual([])
  })
})

describe('GET /v1/uploads/{id}', () => {
  it.each(['x', 'upl_', `upl_${'F'.repeat(32)}`, "upl_' or 1=1 --", '..%2f..%2fadmin'])(
    'answers 404 for the malformed id %s',
    async (id) => {
      expect((await api.get(`/v1/uploads/${id}`)).status).toBe(404)
    },
  )

  it('with wait answers as soon as the state is final', async () => {
    const issued = await issue()
    await put(issued.slot, bytes)
    const waiting = api.get(`/v1/uploads/${issued.id}?wait=20`).then((answer) => answer)
    await api.post(`/v1/uploads/${issued.id}/complete`)
    await world.work()
    expect((await waiting).body.state).toBe('ready')
  })

  it('with wait answers with the record as it is when the seconds are over', async () => {
    const issued = await issue()
    const answer = await api.get(`/v1/uploads/${issued.id}?wait=1`)
    expect(answer.body.state).toBe('pending')
  })

  it.each(['wait=31', 'wait=-1', 'wait=abc', 'wait=1&wait=2', 'wait=1.5', 'nope=1'])(
    'answers 422 for ?%s',
    async (query) => {
      const issued = await issue()
      expect((await api.get(`/v1/uploads/${issued.id}?${query}`)).status).toBe(422)
    },
  )
})

describe('GET /v1/uploads', () => {
  let own: Api
  const ids: string[] = []
  beforeAll(async () => {
    own = apiOf(world, await world.newKey('tenant-list'))
    for (let count = 0; count < 7; count += 1) {
      ids.unshift((await own.post('/v1/uploads', slotBody)).body.id)
    }
    await own.delete(`/v1/uploads/${ids[0]}`)
  })

  it('gives every upload once, newest first, over all pages', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const page = (await own.get(`/v1/uploads?limit=3${cursor}`)).body
      seen.push(...page.uploads.map(({ id }: { id: string }) => id))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(ids)
  })

  it('filters by state, profile and age', async () => {
    const idsOf = async (query: string) =>
      (await own.get(`/v1/uploads?${query}`)).body.uploads.map(({ id }: { id: string }) => id)
    expect(await idsOf('state=canceled')).toEqual([ids[0]])
    expect(await idsOf('profile=other')).toEqual([])
    expect(await idsOf('profile=default')).toEqual(ids)
    expect(await idsOf('createdAfter=2099-01-01T00:00:00Z')).toEqual([])
  })

  it.each([
    'limit=0',
    'limit=-1',
    'limit=1e9',
    'limit=abc',
    'limit=201',
    'state=nope',
    'createdAfter=soon',
    'x=1',
  ])('answers 422 for ?%s', async (query) => {
    expect((await own.get(`/v1/uploads?${query}`)).status).toBe(422)
  })

  it('refuses a cursor that was changed, made up, or issued to another tenant', async () => {
    const { nextCursor } = (await own.get('/v1/uploads?limit=1')).body as { nextCursor: string }
    const changed = nextCursor.slice(0, -2) + (nextCursor.endsWith('AA') ? 'BB' : 'AA')
    for (const [who, cursor] of [
      [own, changed],
      [own, 'nonsense'],
      [api, nextCursor],
    ] as const) {
      const answer = await who.get(`/v1/uploads?cursor=${cursor}`)
      expect([answer.status, slugOf(answer)]).toEqual([400, 'invalid-cursor'])
    }
  })
})

describe('POST /v1/uploads/{id}/slot', () => {
  it('answers 201 with a fresh slot for the same key, and bumps no version', async () => {
    const issued = await issue()
    const renewed = await api.post(`/v1/uploads/${issued.id}/slot`)
    expect(renewed.status).toBe(201)
    expect(renewed.body.version).toBe(1)
    expect(new URL(renewed.body.slot.url).pathname).toBe(new URL(issued.slot.url).pathname)
    expect(await put(renewed.body.slot, bytes)).toBe(200)
  })

  it.each(['null', '[]', '"x"'])('takes no fields, and no body %s', async (body) => {
    const { id } = await issue()
    const pending = api.post(`/v1/uploads/${id}/slot`).set('content-type', 'application/json')
    expect((await pending.send(body)).status).toBe(422)
  })

  it('takes no fields', async () => {
    const issued = await issue()
    expect((await api.post(`/v1/uploads/${issued.id}/slot`, {})).status).toBe(201)
    expect((await api.post(`/v1/uploads/${issued.id}/slot`, { size: 1 })).status).toBe(422)
  })

  it('answers 409 once the object has arrived', async () => {
    const { id } = await ready()
    const answer = await api.post(`/v1/uploads/${id}/slot`)
    expect([answer.status, slugOf(answer)]).toEqual([409, 'illegal-state'])
  })
})

describe('the life of an upload', () => {
  it('I1 complete with nothing there answers 409 object-not-found-yet, safe to retry', async () => {
    const { id } = await issue()
    const answer = await api.post(`/v1/uploads/${id}/complete`)
    expect([answer.status, slugOf(answer)]).toEqual([409, 'object-not-found-yet'])
    expect(answer.body.retry).toBe('safe')
    expect(answer.headers['retry-after']).toBe('2')
  })

  it('I2 complete twice answers 202 both times', async () => {
    const issued = await issue()
    await put(issued.slot, bytes)
    expect((await api.post(`/v1/uploads/${issued.id}/complete`)).body.state).toBe('received')
    const again = await api.post(`/v1/uploads/${issued.id}/complete`)
    expect([again.status, again.body.version]).toEqual([202, 2])
  })

  it('I3 complete, slot and cancel of an expired upload answer 410, 410 and 409', async () => {
    const { id } = await issue()
    world.clock.advance(5000)
    await world.broker.sweepLooks(1000)
    expect((await api.post(`/v1/uploads/${id}/complete`)).status).toBe(410)
    expect((await api.post(`/v1/uploads/${id}/slot`)).status).toBe(410)
    expect((await api.delete(`/v1/uploads/${id}`)).status).toBe(409)
  })

  it('I5 DELETE cancels what is not ready, once and again, and complete is then refused', async () => {
    const { id } = await issue()
    expect((await api.delete(`/v1/uploads/${id}`)).body.state).toBe('canceled')
    expect((await api.delete(`/v1/uploads/${id}`)).status).toBe(200)
    expect((await api.post(`/v1/uploads/${id}/complete`)).status).toBe(409)
  })

  it('I7 DELETE of a ready upload deletes it, withholds the key, and ends downloads with 410', async () => {
    const { id } = await ready()
    const before = (await api.get(`/v1/uploads/${id}`)).body
    expect(before.object.key).toMatch(/^objects\//)
    const deleted = (await api.delete(`/v1/uploads/${id}`)).body
    expect(deleted).toMatchObject({ state: 'deleted', object: { key: null } })
    const again = await api.delete(`/v1/uploads/${id}`)
    expect([again.status, again.body.version]).toEqual([200, deleted.version])
    expect((await api.get(`/v1/uploads/${id}/download`)).status).toBe(410)
  })

  it('I8 download before ready answers 409', async () => {
    const { id } = await issue()
    expect((await api.get(`/v1/uploads/${id}/download`)).status).toBe(409)
  })

  it('gives a download that saves the verified bytes under a safe name', async () => {
    const { id } = await ready()
    const { body } = await api.get(`/v1/uploads/${id}/download?expiresIn=60`)
    expect(body).toMatchObject({ filename: 'a b.bin', size: 64, sha256: sha256Of(bytes) })
    expect(new URL(body.url).searchParams.get('X-Amz-Credential')).toMatch(/^dev-reader\//)
    const served = await download(body.url)
    expect(sha256Of(served.bytes)).toBe(body.sha256)
    expect(served.headers.get('content-disposition')).toMatch(/^attachment; filename="a b.bin"/)
  })

  it.each(['expiresIn=5', 'expiresIn=901', 'expiresIn=x'])(
    'refuses ?%s of a download',
    async (query) => {
      const { id } = await ready()
      expect((await api.get(`/v1/uploads/${id}/download?${query}`)).status).toBe(422)
    },
  )

  it('tells its history, oldest first, without a key', async () => {
    const { id } = await ready()
    const { history } = (await api.get(`/v1/uploads/${id}/history`)).body
    expect(history.map((entry: { version: number }) => entry.version)).toEqual([1, 2, 3, 4])
    expect(
      history.map((entry: { state: string; cause: string }) => [entry.state, entry.cause]),
    ).toEqual([
      ['pending', 'api'],
      ['received', 'complete'],
      ['verifying', 'worker'],
      ['ready', 'worker'],
    ])
    expect(JSON.stringify(history)).not.toMatch(/staging|objects\//)
  })

  it('shows a staging key nowhere but in the slot', async () => {
    const issued = await ready()
    for (const path of ['', '/history', '/download']) {
      const { text } = await api.get(`/v1/uploads/${issued.id}${path}`)
      expect(text).not.toContain('staging/')
    }
  })
})
