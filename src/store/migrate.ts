/** Brings the schema up to date; every migration runs once, in order, each in one transaction. */

import { Migrator, type Kysely, type Migration } from 'kysely'
import { up as uploads } from './migrations/0001-uploads.ts'
import { up as arrivals } from './migrations/0002-arrivals.ts'
import { up as capabilities } from './migrations/0003-capabilities.ts'
import { up as probes } from './migrations/0004-probes.ts'
import type { Schema } from './schema.ts'

const MIGRATIONS: Record<string, Migration> = {
  '0001-uploads': { up: uploads },
  '0002-arrivals': { up: arrivals },
  '0003-capabilities': { up: capabilities },
  '0004-probes': { up: probes },
}

/** @returns the names of the migrations that ran now. */
export async function migrateToLatest(db: Kysely<Schema>): Promise<string[]> {
  const provider = { getMigrations: () => Promise.resolve(MIGRATIONS) }
  const { error, results } = await new Migrator({ db, provider }).migrateToLatest()
  if (error) throw error instanceof Error ? error : new Error('migration failed', { cause: error })
  return (results ?? []).map(({ migrationName }) => migrationName)
}
