import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { PNG, someBytes } from '../support/uploads.ts'
import { sendAllDue } from '../support/webhooks.ts'
import { createWorld, put, type World } from '../support/world.ts'

let world: World
let api: Api
let other: Api

beforeAll(async () => {
  world = await createWorld()
  api = apiOf(world, await world.newKey('tenant-a'))
  other = apiOf(world, await world.newKey('tenant-b'))
})
afterAll(() => world.close())

const slugOf = ({ body }: { body: { type?: string } }) => body.type?.split('/').at(-1)

async function ready(filename = 'a.bin'): Promise<string> {
  const issued = (await api.post('/v1/uploads', { ...slotBody, filename })).body
  await put(issued.slot, someBytes(64))
  await api.post(`/v1/uploads/${issued.id}/complete`)
  await world.work()
  return issued.id
}

async function rejected(): Promise<string> {
  const body = { ...slotBody, contentType: 'image/jpeg', size: PNG.length }
  const issued = (await api.post('/v1/uploads', body)).body
  await put(issued.slot, PNG)
  await api.post(`/v1/uploads/${issued.id}/complete`)
  await world.work()
  return issued.id
}

type Counts = Record<string, number>
const totalOf = (points: Record<string, Counts>[], measure: string): Counts => {
  const total: Counts = {}
  for (const point of points) {
    for (const [name, count] of Object.entries(point[measure] ?? {})) {
      total[name] = (total[name] ?? 0) + count
    }
  }
  return total
}

describe('who may see it', () => {
  const CALLS = ['overview', 'charts', 'uploads', `uploads/upl_${'0'.repeat(32)}`, 'events']

  it('is whoever has a key with the scope admin', async () => {
    const reader = apiOf(world, await world.newKey('tenant-a', ['uploads:read', 'uploads:write']))
    const stranger = apiOf(world, 'nobody')
    for (const path of CALLS) {
      const refused = await reader.get(`/v1/console/${path}`)
      expect([path, refused.status, slugOf(refused)]).toEqual([path, 403, 'forbidden'])
      expect([path, (await stranger.get(`/v1/console/${path}`)).status]).toEqual([path, 401])
    }
  })

  it('is no bearer of an upload token', async () => {
    const terms = { profile: 'default', maxUploads: 1, maxBytes: 100, expiresIn: 60, subject: 's' }
    const { token } = (await api.post('/v1/tokens', terms)).body
    const bearer = apiOf(world, token)
    for (const path of CALLS) {
      expect([path, (await bearer.get(`/v1/console/${path}`)).status]).toEqual([path, 403])
    }
  })

  it('is nobody of another tenant', async () => {
    const id = await ready('secret plan.bin')
    const overview = (await other.get('/v1/console/overview')).body
    expect(overview.tenant).toBe('tenant-b')
    expect(overview.states.every(({ count }: { count: number }) => count === 0)).toBe(true)
    expect((await other.get('/v1/console/uploads')).body.uploads).toEqual([])
    expect((await other.get(`/v1/console/uploads?text=${id}`)).body.uploads).toEqual([])
    const theirs = await other.get(`/v1/console/uploads/${id}`)
    expect([theirs.status, slugOf(theirs)]).toEqual([404, 'not-found'])
    const { points } = (await other.get('/v1/console/charts')).body
    expect(totalOf(points, 'states')).toEqual({})
  })
})

describe('the overview', () => {
  it('counts the uploads of the tenant in each state now', async () => {
    const before = (await api.get('/v1/console/overview')).body.states
    await ready()
    await rejected()
    await api.post('/v1/uploads', slotBody)
    const after = (await api.get('/v1/console/overview')).body.states
    const grownBy = (state: string): number => {
      const count = (of: typeof before) =>
        of.find((one: { state: string }) => one.state === state).count
      return count(after) - count(before)
    }
    const states = ['pending', 'ready', 'rejected', 'expired'] as const
    expect(states.map(grownBy)).toEqual([1, 1, 1, 0])
  })

  it('tells of events that could not be read, by facts alone', async () => {
    await world.broker.receiveEvent({ source: 's3', body: '{"bucket":"of somebody else"}' })
    await world.broker.drainInbox(10)
    const { events } = (await api.get('/v1/console/overview')).body
    expect(events.poison).toEqual({ count: 1, orMore: false })
    const listed = await api.get('/v1/console/events?state=poison')
    expect(listed.body.events).toEqual([
      {
        digest: expect.any(String),
        source: 's3',
        attempts: 1,
        receivedAt: expect.any(String),
        length: 29,
      },
    ])
    expect(listed.text).not.toContain('somebody')
  })
})

describe('the charts', () => {
  it('show the same before and after the changes were counted by the clock', async () => {
    await ready()
    await rejected()
    const drawn = async () => (await api.get('/v1/console/charts?range=week')).body.points
    const before = await drawn()
    expect(totalOf(before, 'states')['ready']).toBeGreaterThan(0)
    expect(totalOf(before, 'rejections')).toEqual({ 'content-type-mismatch': expect.any(Number) })
    expect(totalOf(before, 'arrivals')).toEqual({ complete: expect.any(Number) })
    expect(totalOf(before, 'timeToReady')).not.toEqual({})
    world.clock.advance(120)
    while ((await world.broker.tallyChanges(7)) > 0);
    expect(await drawn()).toEqual(before)
    expect(await world.store.db.selectFrom('tallies').selectAll().execute()).not.toEqual([])
  })

  it.each([
    ['day', 24, 3_600],
    ['week', 28, 21_600],
    ['month', 30, 86_400],
    ['quarter', 90, 86_400],
  ])('of a %s have %d points of %d s, up to now', async (range, points, stepSeconds) => {
    const { body } = await api.get(`/v1/console/charts?range=${range}`)
    expect([body.points.length, body.stepSeconds]).toEqual([points, stepSeconds])
    expect(Date.parse(body.until)).toBeGreaterThan(world.clock.now().getTime())
    expect(Date.parse(body.points[0].at)).toBe(Date.parse(body.since))
  })

  it('are of known ranges only', async () => {
    const answer = await api.get('/v1/console/charts?range=decade')
    expect([answer.status, slugOf(answer)]).toEqual([422, 'validation-failed'])
  })
})

describe('the search', () => {
  const namesOf = async (query: string): Promise<string[]> => {
    const { status, body } = await api.get(`/v1/console/uploads?${query}`)
    expect([query, status]).toEqual([query, 200])
    return body.uploads.map(({ filename }: { filename: string }) => filename)
  }

  it('finds by file name, subject and metadata, in either case, and takes % and _ as they are', async () => {
    const make = (change: object) => api.post('/v1/uploads', { ...slotBody, ...change })
    await make({ filename: 'Quarterly 100%.pdf' })
    await make({ filename: 'quarterly 1000.pdf', subject: 'User-17' })
    await make({ filename: 'x.bin', metadata: { order: 'Ünder_score' } })
    expect(await namesOf('text=quarterly')).toEqual(['quarterly 1000.pdf', 'Quarterly 100%.pdf'])
    expect(await namesOf(`text=${encodeURIComponent('100%')}`)).toEqual(['Quarterly 100%.pdf'])
    expect(await namesOf('text=user-17')).toEqual(['quarterly 1000.pdf'])
    expect(await namesOf(`text=${encodeURIComponent('Ünder_s')}`)).toEqual(['x.bin'])
    expect(await namesOf('text=100_')).toEqual([])
    expect(await namesOf('text=%27%20or%201%3D1%20--')).toEqual([])
  })

  it('finds by an id, and by a key that holds one', async () => {
    const id = await ready('by-id.bin')
    const { key } = (await api.get(`/v1/uploads/${id}`)).body.object
    expect(await namesOf(`text=${id}`)).toEqual(['by-id.bin'])
    expect(await namesOf(`text=${encodeURIComponent(key)}`)).toEqual(['by-id.bin'])
  })

  it('is narrowed by state, profile and time, and paged', async () => {
    await rejected()
    for (const name of ['1', '2', '3']) await ready(`page-${name}.bin`)
    const { body } = await api.get('/v1/console/uploads?state=ready&text=page-&limit=2')
    expect(body.uploads.map(({ filename }: { filename: string }) => filename)).toEqual([
      'page-3.bin',
      'page-2.bin',
    ])
    const rest = `state=ready&text=page-&limit=2&cursor=${body.nextCursor}`
    expect(await namesOf(rest)).toEqual(['page-1.bin'])
    expect(await namesOf('state=ready&profile=nothing')).toEqual([])
    expect(new Set(await namesOf('state=rejected'))).toEqual(new Set(['a b.bin']))
    const soon = new Date(world.clock.now().getTime() + 3_600_000).toISOString()
    expect(await namesOf(`createdAfter=${soon}`)).toEqual([])
    expect(await namesOf(`createdBefore=${soon}&text=page-1`)).toEqual(['page-1.bin'])
  })

  it('takes no cursor of another tenant', async () => {
    const { nextCursor } = (await api.get('/v1/console/uploads?limit=1')).body
    const answer = await other.get(`/v1/console/uploads?cursor=${nextCursor}`)
    expect([answer.status, slugOf(answer)]).toEqual([400, 'invalid-cursor'])
  })
})

describe('one upload', () => {
  it('comes with its way, what is due, and who was told', async () => {
    const webhook = (await api.post('/v1/webhooks', { url: 'http://127.0.0.1:9/' })).body
    const id = await rejected()
    await sendAllDue(world.broker)
    const { body } = await api.get(`/v1/console/uploads/${id}`)
    expect(body).toMatchObject({
      upload: { id, state: 'rejected', slot: null },
      attempts: 1,
      nextLookAt: null,
      receivedAt: expect.any(String),
    })
    expect(body.history.map(({ state }: { state: string }) => state)).toEqual([
      'pending',
      'received',
      'verifying',
      'rejected',
    ])
    expect(body.deliveries).toEqual([
      expect.objectContaining({ webhookId: webhook.id, state: 'pending', attempts: 1 }),
    ])
    const { staging_key } = await world.store.db
      .selectFrom('uploads')
      .select('staging_key')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(JSON.stringify(body)).not.toContain(staging_key)
    await api.delete(`/v1/webhooks/${webhook.id}`)
  })
})
