/** The one connection to a SQLite file, and what stands between it and everybody who uses it. */

import type Sqlite from 'better-sqlite3'
import { recordsUnavailable } from '../problems.ts'
import { keepStatements } from './kept-statements.ts'
import { isBroken, translate } from './sqlite-errors.ts'

/** Told once when the file must not be used any more. */
export type Broken = (error: Error) => void

export type SqliteFile = {
  database: Sqlite.Database
  /** Each parsed once. */
  statements: ReturnType<typeof keepStatements>
  /** Runs what touches the file: errors come in our words, and once it is broken nothing runs any more. */
  guard: <T>(run: () => T | Promise<T>) => Promise<T>
}

export function guardFile(database: Sqlite.Database, broken: Broken): SqliteFile {
  let fatal: unknown = null
  return {
    database,
    statements: keepStatements(database),
    guard: async (run) => {
      if (fatal !== null) throw recordsUnavailable(fatal)
      try {
        return await run()
      } catch (error) {
        if (isBroken(error) && error instanceof Error) {
          fatal = error
          broken(error)
        }
        throw translate(error)
      }
    },
  }
}
