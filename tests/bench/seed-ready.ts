/** Records as they are after years: finished uploads, written inside the database, older than any new one. */

import Sqlite from 'better-sqlite3'
import { sql } from 'kysely'
import { Client } from 'pg'
import type { Store } from '../../src/store/store.ts'

// Statements are bounded in time, so a million rows come in pieces.
const PIECE = 5_000

/** Sorts below every id that is made today. */
const ID = `'upl_' || '00000000000000000000' || cast(100000000000 + i as text)`

const STEPS = [
  { state: 'pending', cause: 'api' },
  { state: 'received', cause: 'event' },
  { state: 'verifying', cause: 'worker' },
  { state: 'ready', cause: 'worker' },
] as const

/** @param tenant whose uploads they are. */
export async function seedReady(store: Store, tenant: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += PIECE) {
    const rows = numbers(from, Math.min(count, from + PIECE))
    await store.write(async (trx) => {
      for (const step of steps(rows)) await sql.raw(step).execute(trx)
      await sql.raw(uploads(rows, tenant)).execute(trx)
    })
  }
}

/**
 * The changes of all these uploads as counted long ago, as they are after years: otherwise Berth counts
 * 1,800 of them a second beside what is measured (slots on PostgreSQL: 1.11 times then, 0.97 without).
 */
export async function asCounted({ db }: Store): Promise<void> {
  await sql`update tally_position set (at, upload_id, version) = (
    select at, upload_id, version from transitions order by at desc, upload_id desc, version desc limit 1)`.execute(
    db,
  )
}

/** What a database does after so many new rows, sooner or later, and not in the middle of a round. */
export async function tidyUp(url: string): Promise<void> {
  if (!url.startsWith('postgres')) {
    const database = new Sqlite(url.replace('file:', ''))
    database.exec('analyze')
    database.close()
    return
  }
  // Takes as long as it takes, also when the server's own vacuum is at the same tables.
  const client = new Client({ connectionString: url })
  await client.connect()
  for (const chore of ['vacuum analyze', 'checkpoint']) await client.query(chore)
  await client.end()
}

const numbers = (from: number, to: number): string =>
  `with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to - 1})`

const steps = (rows: string): string[] =>
  STEPS.map(({ state, cause }, index) => {
    const before = STEPS[index - 1]
    const previous = before ? `${index}, '${before.state}'` : 'null, null'
    return `insert into transitions (upload_id, version, state, previous_version, previous_state, at, cause)
      ${rows} select ${ID}, ${index + 1}, '${state}', ${previous}, 1600000000000 + i, '${cause}' from n`
  })

const OBJECT = JSON.stringify({
  size: 1_000,
  contentType: 'application/octet-stream',
  sha256: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  scan: 'off',
  versionId: null,
  verifiedAt: '2020-09-13T12:26:40.000Z',
})

const uploads = (rows: string, tenant: string): string =>
  `insert into uploads (id, tenant, profile, profile_hash, filename, content_type, size, metadata,
     state, version, fence, bucket, staging_key, sealed_key, slot_ttl_seconds, slot_expires_at,
     land_by, received_at, attempts, object, created_at, updated_at)
   ${rows} select ${ID}, '${tenant}', 'default', 'hash', 'f', 'application/octet-stream', 1000, '{}',
     'ready', 4, 1, 'test-bucket', 'staging/' || ${ID}, 'objects/' || ${ID}, 900, 1600000900000 + i,
     1600001920000 + i, 1600000000000 + i, 1, '${OBJECT}', 1600000000000 + i, 1600000000000 + i from n`
