/** Opens a SQLite file: pragmas, how long to wait, and what to say when it will not do. */

import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { Engine } from './engine.ts'
import { SqliteFileDialect } from './sqlite-dialect.ts'
import { isBusy, isLocked, unusable } from './sqlite-errors.ts'
import { guardFile, type Broken, type SqliteFile } from './sqlite-file.ts'
import { insertInto } from './sqlite-inserts.ts'

// Short, because waiting inside the driver blocks the event loop; the writer waits outside it.
const DRIVER_WAIT_MS = 20

// As long as another process may keep the write lock before callers are told.
const QUEUE_PATIENCE_MS = 6_000

// At start there is nobody to hold up yet.
const START_WAIT_MS = 60_000

/** Throws `UnusableDatabase` when the file cannot be read and written as it is. */
export function openSqlite(path: string, broken: Broken = () => undefined): Engine {
  const file = openOrExplain(path, broken)
  return {
    dialect: new SqliteFileDialect(file),
    migrationDialect: null,
    isConflict: isBusy,
    insertRows: insertInto(file),
    // With one writer there is nobody to pass by.
    skipsLocked: false,
    queuePatienceMs: QUEUE_PATIENCE_MS,
    isShared: false,
    pool: null,
  }
}

function openOrExplain(path: string, broken: Broken): SqliteFile {
  try {
    return guardFile(openFile(path), broken)
  } catch (error) {
    // A lock ends by itself, so another start may do.
    if (isLocked(error)) throw new Error(`the database ${path} is locked`, { cause: error })
    throw unusable(`the database ${path}`, error)
  }
}

function openFile(path: string): Sqlite.Database {
  // One level only: a longer path that is missing is a disk that was not mounted.
  const folder = dirname(path)
  if (path !== ':memory:' && !existsSync(folder)) mkdirSync(folder)
  const database = new Sqlite(path, { timeout: START_WAIT_MS })
  database.pragma('journal_mode = WAL')
  // FULL: an answered slot survives a power cut, not only a crash of the process.
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  // Shows whether it can be written at all, and waits while another process writes.
  database.exec('begin immediate; rollback')
  database.pragma(`busy_timeout = ${DRIVER_WAIT_MS}`)
  return database
}
