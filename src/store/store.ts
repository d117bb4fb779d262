/** The database: one handle that every function of this folder takes first. */

import { Kysely, sql } from 'kysely'
import { createChanges, type Changes } from './changes.ts'
import { createGroupCommit, type Write } from './group-commit.ts'
import { migrateToLatest } from './migrate.ts'
import type { Schema } from './schema.ts'
import { openSqlite } from './sqlite.ts'

export type Store = {
  db: Kysely<Schema>
  write: Write
  /** Says which uploads changed, on this node. */
  changes: Changes
  migrate: () => Promise<string[]>
  /** Resolves when the database answers. */
  ping: () => Promise<void>
  close: () => Promise<void>
}

/** @param url `file:relative/path`, `file:/absolute/path` or `file::memory:` */
export function openStore(url: string): Store {
  const db = new Kysely<Schema>({ dialect: openSqlite(url.slice('file:'.length)) })
  return {
    db,
    write: createGroupCommit(db),
    changes: createChanges(),
    migrate: () => migrateToLatest(db),
    ping: async () => {
      await sql`select 1`.execute(db)
    },
    close: () => db.destroy(),
  }
}
