/** The database: one handle that every function of this folder takes first. */

import { Kysely, sql } from 'kysely'
import { createChanges, type Changes } from './changes.ts'
import { databaseClock, localClock, type Clock } from './clock.ts'
import type { Engine, PoolUse, StoreReport } from './engine.ts'
import { createGroupCommit, type Write } from './group-commit.ts'
import { migrateToLatest, requireLatest } from './migrate.ts'
import { newerVersions } from './newer-versions.ts'
import { openPostgres } from './postgres.ts'
import type { Schema } from './schema.ts'
import { openSqlite } from './sqlite.ts'
import { untilAnswered } from './until-answered.ts'
import { atStart } from './sqlite-errors.ts'

export type Store = {
  db: Kysely<Schema>
  write: Write
  /** Says which uploads changed, on any node. */
  changes: Changes
  clock: Pick<Clock, 'now'>
  /** Rows that another transaction holds are passed over where this is true; see `claimable`. */
  skipsLocked: boolean
  /** Null where there is one connection and no pool. */
  pool: (() => PoolUse) | null
  /** @returns the names of the migrations that ran now. */
  migrate: () => Promise<string[]>
  /** Waits for the database, brings the schema up to date or checks that it is, sets the clock. */
  prepare: (options: { migrate: boolean }) => Promise<void>
  /** Resolves when the database answers. */
  ping: () => Promise<void>
  close: () => Promise<void>
}

export type StoreOptions = {
  /** PostgreSQL only: the most connections of this process. */
  poolSize?: number
  report?: Partial<StoreReport>
  /** This node's own clock, in epoch milliseconds. */
  localTime?: () => number
}

const USUAL_POOL_SIZE = 10

/** @param url `file:relative/path`, `file:/absolute/path`, `file::memory:` or `postgres://…` */
export function openStore(url: string, options: StoreOptions = {}): Store {
  const report = { connectionLost: ignore, broken: ignore, clockSkew: ignore, ...options.report }
  const engine = openEngine(url, options.poolSize ?? USUAL_POOL_SIZE, report)
  const db = new Kysely<Schema>({ dialect: engine.dialect })
  const clock = engine.isShared
    ? databaseClock(db, report.clockSkew, options.localTime)
    : localClock()
  return storeOf(db, engine, clock)
}

const ignore = (): void => undefined

const openEngine = (url: string, poolSize: number, report: StoreReport): Engine =>
  url.startsWith('file:')
    ? openSqlite(url.slice('file:'.length), report.broken)
    : openPostgres(url, { poolSize, report })

/** The parts around a connection that is open already. */
export function storeOf(db: Kysely<Schema>, engine: Engine, clock: Clock): Store {
  const changes = createChanges((known) => newerVersions({ db, isShared: engine.isShared }, known))
  const ping = async (): Promise<void> => {
    await sql`select 1`.execute(db)
  }
  return {
    db,
    write: createGroupCommit(db, engine),
    changes,
    clock,
    skipsLocked: engine.skipsLocked,
    pool: engine.pool,
    migrate: () => explained(migrateToLatest(db, engine)),
    prepare: async ({ migrate }) => {
      // The whole of it, as the database may go away again after its first answer.
      await untilAnswered(async () => {
        await ping()
        await explained<unknown>(migrate ? migrateToLatest(db, engine) : requireLatest(db))
        await clock.start()
      })
    },
    ping,
    close: async () => {
      clock.stop()
      changes.stop()
      await db.destroy()
    },
  }
}

const explained = <T>(started: Promise<T>): Promise<T> =>
  started.catch((error: unknown) => {
    throw atStart(error)
  })
