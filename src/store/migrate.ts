/** Brings the schema up to date; every migration runs once, in order, all of them in one transaction. */

import { Kysely, Migrator } from 'kysely'
import { UnusableDatabase, type Engine } from './engine.ts'
import { MIGRATIONS } from './migrations.ts'
import { missingMigrations, schemaAge } from './schema-check.ts'
import type { Schema } from './schema.ts'

// As long as another process may take to migrate a SQLite file.
const CONFLICT_PATIENCE_MS = 60_000
const CONFLICT_WAIT_MS = 100

/** Leaves a newer schema alone. @returns the names of the migrations that ran now. */
export async function migrateToLatest(db: Kysely<Schema>, engine: Engine): Promise<string[]> {
  if ((await schemaAge(db)) !== 'older') return []
  const dialect = engine.migrationDialect?.()
  if (!dialect) return patiently(engine, () => runMigrations(db))
  const own = new Kysely<Schema>({ dialect })
  return patiently(engine, () => runMigrations(own)).finally(() => own.destroy())
}

/** For a program that must not change the schema: throws unless it can run on it as it is. */
export async function requireLatest(db: Kysely<Schema>): Promise<void> {
  if ((await schemaAge(db)) !== 'older') return
  const missing = await missingMigrations(db)
  throw new UnusableDatabase(
    `the database's schema lacks ${missing.join(', ')}: run berth migrate, or set MIGRATE_ON_START=on`,
  )
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
