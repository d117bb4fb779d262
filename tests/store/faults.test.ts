import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiOf, slotBody } from '../support/api.ts'
import { createWorld, type World } from '../support/world.ts'

let folder: string
let world: World

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-faults-'))
  world = await createWorld({ folder })
})
afterEach(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const post = async () => apiOf(world, await key).post('/v1/uploads', slotBody)
let key: Promise<string>
beforeEach(() => {
  key = world.newKey()
})

describe('a database that another process has locked', () => {
  it('is waited for, without blocking anybody who only reads', async () => {
    await key
    const other = new Sqlite(join(folder, 'berth.db'))
    other.exec('begin immediate')
    const waiting = post().then((answer) => answer)
    const reader = await apiOf(world, await key).get('/v1/uploads')
    expect(reader.status).toBe(200)
    other.exec('commit')
    other.close()
    expect((await waiting).status).toBe(201)
  })

  it('answers 503 with Retry-After after five seconds, never 500, and records nothing', async () => {
    await key
    const other = new Sqlite(join(folder, 'berth.db'))
    other.exec('begin immediate')
    const answer = await post()
    expect([answer.status, answer.body.type, answer.body.retry]).toEqual([
      503,
      '/problems/records-unavailable',
      'safe',
    ])
    expect(answer.headers['retry-after']).toBe('2')
    other.exec('commit')
    other.close()
    expect((await apiOf(world, await key).get('/v1/uploads')).body.uploads).toEqual([])
    expect((await post()).status).toBe(201)
  })
})

describe('a full database', () => {
  it('answers 503, keeps every upload it acknowledged, and goes on when there is room again', async () => {
    const { db } = world.store
    const { sql } = await import('kysely')
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(db)
    // A cap on the file is what a full disk is to SQLite: SQLITE_FULL.
    await sql.raw(`pragma max_page_count = ${(pages.rows[0]?.page_count ?? 0) + 4}`).execute(db)
    const acknowledged: string[] = []
    const statuses = new Set<number>()
    const api = apiOf(world, await key)
    for (let count = 0; count < 200 && !statuses.has(503); count += 1) {
      const answer = await api.post('/v1/uploads', {
        ...slotBody,
        metadata: { pad: 'x'.repeat(500) },
      })
      statuses.add(answer.status)
      if (answer.status === 201) acknowledged.push(answer.body.id)
    }
    expect([...statuses].sort()).toEqual([201, 503])
    for (const id of acknowledged) expect((await api.get(`/v1/uploads/${id}`)).status).toBe(200)

    await sql.raw('pragma max_page_count = 1000000').execute(db)
    expect((await api.post('/v1/uploads', slotBody)).status).toBe(201)
  })
})
