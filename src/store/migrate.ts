/** Brings the schema up to date; every migration runs once, in order, all of them in one transaction. */

import { Kysely, Migrator, type Migration } from 'kysely'
import { up as uploads } from './migrations/0001-uploads.ts'
import { up as arrivals } from './migrations/0002-arrivals.ts'
import { up as capabilities } from './migrations/0003-capabilities.ts'
import { up as probes } from './migrations/0004-probes.ts'
import { up as settledEvents } from './migrations/0005-settled-events.ts'
import { UnusableDatabase, type Engine } from './engine.ts'
import { up as cleanUp } from './migrations/0010-clean-up.ts'
import { up as webhooks } from './migrations/0020-webhooks.ts'
import { up as idempotencyKeys } from './migrations/0030-idempotency-keys.ts'
import { up as uploadTokens } from './migrations/0031-upload-tokens.ts'
import { up as rateCounts } from './migrations/0032-rate-counts.ts'
import { up as parts } from './migrations/0040-parts.ts'
import { up as tallies } from './migrations/0060-tallies.ts'
import type { Schema } from './schema.ts'

const MIGRATIONS: Record<string, Migration> = {
  '0001-uploads': { up: uploads },
  '0002-arrivals': { up: arrivals },
  '0003-capabilities': { up: capabilities },
  '0004-probes': { up: probes },
  '0005-settled-events': { up: settledEvents },
  '0010-clean-up': { up: cleanUp },
  '0020-webhooks': { up: webhooks },
  '0030-idempotency-keys': { up: idempotencyKeys },
  '0031-upload-tokens': { up: uploadTokens },
  '0032-rate-counts': { up: rateCounts },
  '0040-parts': { up: parts },
  '0060-tallies': { up: tallies },
}

const TABLE = 'kysely_migration'

// As long as another process may take to migrate a SQLite file.
const CONFLICT_PATIENCE_MS = 60_000
const CONFLICT_WAIT_MS = 100

/** @returns the names of the migrations that ran now. */
export async function migrateToLatest(db: Kysely<Schema>, engine: Engine): Promise<string[]> {
  await refuseNewerSchema(db)
  const dialect = engine.migrationDialect?.()
  if (!dialect) return patiently(engine, () => runMigrations(db))
  const own = new Kysely<Schema>({ dialect })
  return patiently(engine, () => runMigrations(own)).finally(() => own.destroy())
}

/** For a program that must not change the schema: throws unless it is the one it was written for. */
export async function requireLatest(db: Kysely<Schema>): Promise<void> {
  const applied = await refuseNewerSchema(db)
  const missing = Object.keys(MIGRATIONS).filter((name) => !applied.includes(name))
  if (missing.length === 0) return
  throw new UnusableDatabase(
    `the database's schema lacks ${missing.join(', ')}: run berth migrate, or set MIGRATE_ON_START=on`,
  )
}

/** @returns the names of the migrations that have run. */
async function refuseNewerSchema(db: Kysely<Schema>): Promise<string[]> {
  const applied = await appliedMigrations(db)
  const unknown = applied.filter((name) => !(name in MIGRATIONS))
  if (unknown.length === 0) return applied
  throw new UnusableDatabase(
    `the database's schema is newer than this program (it has ${unknown.join(', ')}): ` +
      'start the release that made it, or a later one',
  )
}

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === TABLE)) return []
  const rows = await db
    .withTables<Record<typeof TABLE, { name: string }>>()
    .selectFrom(TABLE)
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}

/** Kysely takes an advisory lock on PostgreSQL; on SQLite the transaction itself is the lock. */
async function runMigrations(db: Kysely<Schema>): Promise<string[]> {
  const provider = { getMigrations: () => Promise.resolve(MIGRATIONS) }
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest()
  if (error) throw error as Error
  return (results ?? []).map(({ migrationName }) => migrationName)
}

async function patiently<T>({ isConflict }: Engine, run: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + CONFLICT_PATIENCE_MS
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (!isConflict(error) || performance.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, CONFLICT_WAIT_MS))
    }
  }
}
