/** SQLite statements, kept for the next time: parsing one costs more than running it. */

import type Sqlite from 'better-sqlite3'

/** Far more than Berth has; texts with lists of many lengths are what the limit is for. */
const MOST = 500

type Database = Pick<Sqlite.Database, 'prepare' | 'close'>

/** SQLite itself parses a kept one anew when the schema has changed. */
export function keepStatements(database: Sqlite.Database): Database {
  const kept = new Map<string, Sqlite.Statement>()
  const prepare = (text: string): Sqlite.Statement => {
    const known = kept.get(text)
    if (known) return known
    const statement = database.prepare(text)
    if (kept.size >= MOST) kept.clear()
    kept.set(text, statement)
    return statement
  }
  return { prepare: prepare as Database['prepare'], close: () => database.close() }
}
