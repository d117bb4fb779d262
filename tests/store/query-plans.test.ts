import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { Kysely, type CompiledQuery } from 'kysely'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countArrivals } from '../../src/store/arrivals.ts'
import { listAbandonedClaims } from '../../src/store/claims.ts'
import { listDueEvents } from '../../src/store/inbox.ts'
import type { Schema } from '../../src/store/schema.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { listStagingDue } from '../../src/store/staging.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { findUpload, listDue, listDueInTurns, listUploads } from '../../src/store/uploads.ts'

let folder: string
let store: Store
let queries: CompiledQuery[] = []
const now = new Date()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-plans-'))
  const path = join(folder, 'berth.db')
  const plain = openStore(`file:${path}`)
  await plain.migrate()
  const log = ({ query }: { query: CompiledQuery }): void => void queries.push(query)
  store = { ...plain, db: new Kysely<Schema>({ dialect: openSqlite(path), log }) }
  await plain.close()
})
afterAll(async () => {
  await store.db.destroy()
  rmSync(folder, { recursive: true })
})

function planOf({ sql, parameters }: CompiledQuery): string[] {
  const database = new Sqlite(join(folder, 'berth.db'), { readonly: true })
  const rows = database.prepare(`explain query plan ${sql}`).all(...parameters) as {
    detail: string
  }[]
  database.close()
  return rows.map(({ detail }) => detail)
}

describe('the plan of', () => {
  it.each<[string, (store: Store) => Promise<unknown>]>([
    ['the sweep of staging objects', (s) => listStagingDue(s, now, 5)],
    ['the looks at pending uploads', (s) => listDue(s, 'pending', now, 5)],
    ['the sweep of dead leases', (s) => listDue(s, 'verifying', now, 5)],
    ['the next verifications', (s) => listDueInTurns(s, now, 5)],
    ['the sweep of claims', (s) => listAbandonedClaims(s, now, 5)],
    ['the inbox', (s) => listDueEvents(s, now, 5)],
    ['the watch over events', (s) => countArrivals(s, now)],
    ['one upload', (s) => findUpload(s, 't', 'upl_x')],
    ['a page', (s) => listUploads(s, 't', { beforeId: 'upl_x' }, 5)],
    ['a page of one state', (s) => listUploads(s, 't', { state: 'ready' }, 5)],
  ])('%s uses an index, and scans no table', async (_what, run) => {
    queries = []
    await run(store)
    const plans = queries.flatMap(planOf)
    expect(plans.some((step) => step.startsWith('SEARCH'))).toBe(true)
    expect(plans.filter((step) => /^SCAN (uploads|claims|inbox|transitions)\b/.test(step))).toEqual(
      [],
    )
  })
})
