/** Whether this program may run on the schema as it is: as old as, older or newer than itself. */

import type { Kysely } from 'kysely'
import { UnusableDatabase } from './engine.ts'
import { MIGRATIONS, type StepRow } from './migrations.ts'
import type { Schema } from './schema.ts'

/** `newer`: made by a later release, which says that this one may run on it. */
type SchemaAge = 'older' | 'same' | 'newer'

/** Throws when the schema was changed in a way that this program does not know and cannot bear. */
export async function schemaAge(db: Kysely<Schema>): Promise<SchemaAge> {
  const applied = await appliedMigrations(db)
  const unknown = applied.filter((name) => !(name in MIGRATIONS))
  const missing = missingFrom(applied)
  if (unknown.length === 0) return missing.length === 0 ? 'same' : 'older'
  const steps = await readSteps(db)
  const unbearable = unknown.filter((name) => !isBearable(steps.get(name)))
  if (unbearable.length > 0) {
    throw new UnusableDatabase(
      `the database's schema is newer than this program (it has ${unbearable.join(', ')}): ` +
        'start the release that made it, or a later one',
    )
  }
  if (missing.length === 0) return 'newer'
  throw new UnusableDatabase(
    `the database's schema has ${unknown.join(', ')}, and lacks ${missing.join(', ')}: ` +
      'it was made by a release that is neither older nor newer than this one',
  )
}

/** @returns the names of the migrations that have not run. */
export const missingMigrations = async (db: Kysely<Schema>): Promise<string[]> =>
  missingFrom(await appliedMigrations(db))

const missingFrom = (applied: readonly string[]): string[] =>
  Object.keys(MIGRATIONS).filter((name) => !applied.includes(name))

/** What says nothing of itself may have done anything. */
const isBearable = (step: StepRow | undefined): boolean =>
  step !== undefined && (step.since === null || step.since in MIGRATIONS)

const HISTORY = 'kysely_migration'
const STEPS = 'schema_steps'

async function appliedMigrations(db: Kysely<Schema>): Promise<string[]> {
  if (!(await hasTable(db, HISTORY))) return []
  const rows = await db
    .withTables<Record<typeof HISTORY, { name: string }>>()
    .selectFrom(HISTORY)
    .select('name')
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}

async function readSteps(db: Kysely<Schema>): Promise<Map<string, StepRow>> {
  if (!(await hasTable(db, STEPS))) return new Map()
  const rows = await db
    .withTables<Record<typeof STEPS, StepRow>>()
    .selectFrom(STEPS)
    .selectAll()
    .execute()
  return new Map(rows.map((row) => [row.name, row]))
}

async function hasTable(db: Kysely<Schema>, wanted: string): Promise<boolean> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  return tables.some(({ name }) => name === wanted)
}
