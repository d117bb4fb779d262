/** The records as they lie in the database, read beside the nodes and without their code. */

import Sqlite from 'better-sqlite3'
import type { Postgres } from './postgres.ts'

export type Records = {
  /** What the nodes are told. */
  url: string
  /** Read only. */
  query: <T>(sql: string) => Promise<T[]>
}

export const sqliteRecords = (file: string): Records => ({
  url: `file:${file}`,
  query: <T>(sql: string) => {
    const database = new Sqlite(file, { readonly: true, timeout: 5_000 })
    try {
      return Promise.resolve(database.prepare(sql).all() as T[])
    } finally {
      database.close()
    }
  },
})

/** @param port through which the nodes reach it; the run itself goes straight. */
export const postgresRecords = (postgres: Postgres, port: number): Records => ({
  url: `postgres://berth@127.0.0.1:${port}/berth`,
  query: postgres.query,
})
