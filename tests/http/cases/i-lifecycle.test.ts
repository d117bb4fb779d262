import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { apiOf, slotBody, type Api } from '../../support/api.ts'
import { PNG, someBytes } from '../../support/uploads.ts'
import { createWorld, put, type World } from '../../support/world.ts'

let world: World
let api: Api
beforeAll(async () => {
  world = await createWorld()
  api = apiOf(world, await world.newKey())
})
afterAll(() => world.close())

async function ended(contentType = slotBody.contentType, bytes = someBytes(64)): Promise<string> {
  const { body } = await api.post('/v1/uploads', { ...slotBody, contentType, size: bytes.length })
  await put(body.slot, bytes)
  await api.post(`/v1/uploads/${body.id}/complete`)
  await world.work()
  return body.id as string
}

describe('an upload that was rejected', () => {
  it('I4 may be completed again, which changes nothing', async () => {
    const id = await ended('image/jpeg', PNG)
    const answer = await api.post(`/v1/uploads/${id}/complete`)
    expect([answer.status, answer.body.state]).toEqual([202, 'rejected'])
  })

  it('I9 has no download, and nothing in the answer is an address', async () => {
    const id = await ended('image/jpeg', PNG)
    const answer = await api.get(`/v1/uploads/${id}/download`)
    expect([answer.status, answer.body.type]).toEqual([409, '/problems/illegal-state'])
    expect(answer.text).not.toContain('http')
  })
})

describe('DELETE', () => {
  it('I6 of a ready upload deletes it', async () => {
    const id = await ended()
    expect((await api.delete(`/v1/uploads/${id}`)).body.state).toBe('deleted')
  })

  it('I10 with If-Match of another version is 412 and changes nothing; with the right one it is done', async () => {
    const { body } = await api.post('/v1/uploads', slotBody)
    const path = `/v1/uploads/${body.id}`
    for (const stale of ['"0"', '"2"', '1', 'W/"1"', '"oldversion"', '']) {
      const refused = await api.delete(path).set('if-match', stale)
      expect([stale, refused.status, refused.body.type]).toEqual([
        stale,
        412,
        '/problems/precondition-failed',
      ])
    }
    expect((await api.get(path)).body.version).toBe(1)
    const done = await api.delete(path).set('if-match', '"7", "1"')
    expect([done.status, done.body.state]).toEqual([200, 'canceled'])
    expect((await api.delete(path).set('if-match', '*')).status).toBe(200)
  })
})

describe('the list', () => {
  it.each([
    'limit=0',
    'limit=-1',
    'limit=1e9',
    'limit=abc',
    'limit=1.5',
    'limit=1&limit=2',
    'limit=',
  ])('I11 ?%s is 422', async (query) => {
    const answer = await api.get(`/v1/uploads?${query}`)
    expect([answer.status, answer.body.type]).toEqual([422, '/problems/validation-failed'])
  })

  it('I12 takes no cursor that was tampered with, or is of another tenant', async () => {
    const other = apiOf(world, await world.newKey('tenant-b'))
    for (let count = 0; count < 2; count += 1) await other.post('/v1/uploads', slotBody)
    const { nextCursor } = (await other.get('/v1/uploads?limit=1')).body as { nextCursor: string }
    const flipped = Buffer.from(nextCursor, 'base64url')
    flipped[20] = (flipped[20] ?? 0) ^ 1
    const cursors = [nextCursor, flipped.toString('base64url'), 'a', '%00', nextCursor.slice(5)]
    for (const cursor of cursors) {
      const answer = await api.get(`/v1/uploads?cursor=${cursor}`)
      expect([answer.status, answer.body.type]).toEqual([400, '/problems/invalid-cursor'])
    }
    expect((await other.get(`/v1/uploads?cursor=${nextCursor}`)).status).toBe(200)
  })

  it('I13 takes as long for its last page as for its first, over 50,000 uploads', async () => {
    const tenant = 'tenant-many'
    const many = apiOf(world, await world.newKey(tenant))
    await many.post('/v1/uploads', slotBody)
    await copyUploads(tenant, 50_000)
    const first = await many.get('/v1/uploads?limit=50')
    const last = `/v1/uploads?limit=50&cursor=${await cursorNearTheEnd(many)}`
    expect((await many.get(last)).body.uploads.length).toBeLessThanOrEqual(50)
    expect(first.body.uploads).toHaveLength(50)
    const times: [number[], number[]] = [[], []]
    for (let nth = 0; nth < 40; nth += 1) {
      times[0].push(await timeOf(() => many.get('/v1/uploads?limit=50')))
      times[1].push(await timeOf(() => many.get(last)))
    }
    expect(median(times[1]) / median(times[0])).toBeLessThan(3)
  }, 120_000)
})

const median = (times: number[]): number =>
  times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0

async function timeOf(act: () => PromiseLike<unknown>): Promise<number> {
  const before = performance.now()
  await act()
  return performance.now() - before
}

/** Rows like the tenant's one upload, under ids of their own that sort before it. */
async function copyUploads(tenant: string, count: number): Promise<void> {
  const { db } = world.store
  const { id, ...row } = await db
    .selectFrom('uploads')
    .selectAll()
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow()
  const columns = Object.keys(row)
  const names = sql.join(columns.map((name) => sql.ref(name)))
  const numbers = sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})`
  await db.transaction().execute(async (trx) => {
    await sql`insert into transitions (upload_id, version, state, at, cause)
      ${numbers} select printf('upl_%032x', i), 1, 'pending', 0, 'api' from n`.execute(trx)
    await sql`insert into uploads (id, ${names})
      ${numbers} select printf('upl_%032x', i), ${names} from n, uploads where id = ${id}`.execute(
      trx,
    )
  })
}

/** By walking in pages of 200: the last cursor that there is. */
async function cursorNearTheEnd(many: Api): Promise<string> {
  let cursor = ''
  for (;;) {
    const query = cursor === '' ? '' : `&cursor=${cursor}`
    const { nextCursor } = (await many.get(`/v1/uploads?limit=200${query}`)).body as {
      nextCursor: string | null
    }
    if (nextCursor === null) return cursor
    cursor = nextCursor
  }
}
