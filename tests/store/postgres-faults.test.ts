import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import pg from 'pg'
import { openStore, type Store } from '../../src/store/store.ts'
import { recordEnded, recordLease, recordReceived } from '../../src/store/transitions.ts'
import { findById, insertPending, listUploads } from '../../src/store/uploads.ts'
import type { Upload } from '../../src/upload/upload.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { startTcpLink, type TcpLink } from '../support/tcp-link.ts'
import { anUpload } from '../support/uploads.ts'

const QUOTA = { openSlots: 1_000, reservedBytes: 1_000_000 }
const OBSERVED = { size: 64, contentType: 'a/b', etag: '"e"', versionId: null }
const now = new Date()
const byWorker = { at: now, cause: 'worker' } as const
const UNAVAILABLE = { fields: { slug: 'records-unavailable', status: 503, retry: 'safe' } }

let postgres: Postgres
let url: string
let link: TcpLink
let store: Store
let lost: string[]

beforeAll(async () => {
  postgres = await startPostgres(['-c', 'deadlock_timeout=1s'])
}, 60_000)
afterAll(() => postgres.close())
beforeEach(async () => {
  url = await postgres.newDatabase()
  link = await startTcpLink(Number(new URL(url).port))
  const linked = new URL(url)
  linked.port = String(link.port)
  lost = []
  store = openStore(linked.href, {
    poolSize: 2,
    report: { connectionLost: (error) => void lost.push(error.message) },
  })
  await store.prepare({ migrate: true })
})
afterEach(async () => {
  await store.close()
  await link.close()
})

const insert = (upload: Upload = anUpload()) => insertPending(store, upload, QUOTA)

async function timed(work: Promise<unknown>): Promise<{ ms: number; error: unknown }> {
  const started = performance.now()
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return { ms: performance.now() - started, error }
}

/** Another session, such as another node's, that holds what it is told to. */
async function holding(statement: string): Promise<{ release: () => Promise<void> }> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query('begin')
  await client.query(statement)
  return {
    release: async () => {
      await client.query('rollback')
      await client.end()
    },
  }
}

describe('a PostgreSQL that is cut off and started again', () => {
  it('is unavailable within a second meanwhile, loses nothing it confirmed, and is used again by itself', async () => {
    const upload = anUpload()
    await insert(upload)
    await postgres.crash()
    await until('the loss to be noticed', () => Promise.resolve(lost.length > 0))
    for (const attempt of [insert(), store.ping(), findById(store, upload.id)]) {
      const { ms, error } = await timed(attempt)
      expect(error).toMatchObject(UNAVAILABLE)
      expect(ms).toBeLessThan(1_500)
    }
    await postgres.start()
    await until('an answer', () => store.ping().then(() => true))
    expect(await findById(store, upload.id)).not.toBeNull()
    expect(await insert()).toBe(true)
  })
})

describe('a commit whose answer is lost', () => {
  it('is never reported as done, nor as undone, and not tried again', async () => {
    const upload = anUpload()
    link.cutAfter('commit')
    const { error } = await timed(insert(upload))
    expect(error).toMatchObject({
      fields: { status: 503, detail: expect.stringContaining('did not say') },
    })
    expect(await listUploads(store, 't', {}, 10)).toHaveLength(1)
    // The same again is refused by its key: the first one was recorded.
    expect((await timed(insert(upload))).error).not.toBeNull()
  })
})

describe('a network that has gone silent', () => {
  it('costs those who were under way seconds and those behind them one, and piles nothing up', async () => {
    await insert()
    link.freeze()
    const first = timed(insert())
    await new Promise((resolve) => setTimeout(resolve, 100))
    const behind = await Promise.all(Array.from({ length: 50 }, () => timed(insert())))
    for (const { ms, error } of behind) {
      expect(error).toMatchObject(UNAVAILABLE)
      expect(ms).toBeLessThan(1_500)
    }
    const { ms, error } = await first
    expect(error).toMatchObject(UNAVAILABLE)
    expect(ms).toBeLessThan(8_000)
    link.thaw()
    await until('an answer', insert)
  })
})

describe('a pool that is used up', () => {
  it('answers those who wait within a second, and serves again at once when it is free', async () => {
    const long = [1, 2].map(() => sql`select pg_sleep(2)`.execute(store.db))
    const waiting = await Promise.all(
      Array.from({ length: 100 }, () => timed(findById(store, 'upl_x'))),
    )
    for (const { ms, error } of waiting) {
      expect(error).toMatchObject(UNAVAILABLE)
      expect(ms).toBeLessThan(1_000)
    }
    await Promise.all(long)
    expect(await findById(store, 'upl_x')).toBeNull()
  })

  it('does not wait for a statement longer than five seconds', async () => {
    const { ms, error } = await timed(sql`select pg_sleep(20)`.execute(store.db))
    expect(error).toMatchObject(UNAVAILABLE)
    expect(ms).toBeLessThan(5_500)
    await store.ping()
  })
})

describe('rows that another node holds', () => {
  it('are passed over when work is claimed, and waited for when a caller asks', async () => {
    const upload = anUpload()
    await insert(upload)
    const received = await recordReceived(store, upload, OBSERVED, byWorker)
    const held = await holding(`select 1 from uploads where id = '${upload.id}' for update`)
    const lease = { node: 'n', until: now, sealedKey: 'objects/1', graceMs: 1 }
    const claim = await timed(recordLease(store, received as Upload, lease, byWorker))
    expect(claim.error).toBeNull()
    expect(claim.ms).toBeLessThan(500)
    expect((await findById(store, upload.id))?.state).toBe('received')

    const cancel = recordEnded(store, received as Upload, 'canceled', byWorker)
    await held.release()
    expect((await cancel)?.state).toBe('canceled')
  })

  it('and that it holds in a circle with ours are had by both, one after the other', async () => {
    await sql`insert into quotas values ('a', 'p', 0, 0), ('b', 'p', 0, 0)`.execute(store.db)
    const other = openStore(url)
    let inside = 0
    const both = (): Promise<boolean> => Promise.resolve(inside >= 2)
    const add = (on: Store, order: string[]) =>
      on.write(async (trx) => {
        for (const tenant of order) {
          await sql`update quotas set open_slots = open_slots + 1 where tenant = ${tenant}`.execute(
            trx,
          )
          inside += 1
          await until('the other to hold its first row', both)
        }
      })
    await Promise.all([add(store, ['a', 'b']), add(other, ['b', 'a'])])
    const rows = await store.db.selectFrom('quotas').select('open_slots').execute()
    expect(rows).toEqual([{ open_slots: 2 }, { open_slots: 2 }])
    await other.close()
  })
})

describe('a server that only reads', () => {
  it('is unavailable for writes until it writes again, as after a failover', async () => {
    const client = new pg.Client(url)
    await client.connect()
    const { database } = client
    await client.query(`alter database ${database} set default_transaction_read_only = on`)
    const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = '${database}' and pid <> pg_backend_pid()`
    await client.query(cut)
    await until('a refusal', async () => {
      const { error } = await timed(insert())
      return error instanceof Error && /read-only/.test(String(error.cause))
    })
    expect(await listUploads(store, 't', {}, 10)).toEqual([])
    await client.query('set default_transaction_read_only = off')
    await client.query(`alter database ${database} set default_transaction_read_only = off`)
    await client.end()
    await until('a write', insert)
  })
})

describe('a start', () => {
  it('with a wrong password, or without the database, is refused at once with one line', async () => {
    const wrong = new URL(url)
    wrong.pathname = '/nothing-here'
    const lines: string[] = []
    for (const address of [wrong.href, url.replace(':password@', ':guess@')]) {
      const refused = openStore(address)
      await refused.prepare({ migrate: true }).catch((error: unknown) => lines.push(String(error)))
      await refused.close()
    }
    expect(lines).toEqual([
      expect.stringContaining('UnusableDatabase: the database cannot be used: database'),
      expect.stringContaining('UnusableDatabase: the database cannot be used: password'),
    ])
    expect(lines.join()).not.toContain('guess')
  })
})
