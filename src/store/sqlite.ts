/** SQLite behind Kysely: pragmas, immediate transactions, and the driver's errors in our words. */

import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import {
  CompiledQuery,
  SqliteAdapter,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type DialectAdapter,
  type Driver,
  type QueryResult,
} from 'kysely'
import { recordsUnavailable } from '../problems.ts'
import type { Engine } from './engine.ts'
import { insertOneByOne } from './insert-rows.ts'
import { keepStatements } from './kept-statements.ts'
import { isBroken, isBusy, isLocked, translate, unusable } from './sqlite-errors.ts'

// Short, because waiting inside the driver blocks the event loop; the writer waits outside it.
const DRIVER_WAIT_MS = 20

// As long as another process may keep the write lock before callers are told.
const QUEUE_PATIENCE_MS = 6_000

// At start there is nobody to hold up yet.
const START_WAIT_MS = 60_000

/** Told once when the file must not be used any more. */
type Broken = (error: Error) => void

/** Throws `UnusableDatabase` when the file cannot be read and written as it is. */
export function openSqlite(path: string, broken: Broken = () => undefined): Engine {
  return {
    dialect: new TranslatingDialect(openOrExplain(path), broken),
    migrationDialect: null,
    isConflict: isBusy,
    // In one process, a call of its own for each row costs less than a text for each number of rows.
    insertRows: insertOneByOne,
    // With one writer there is nobody to pass by.
    skipsLocked: false,
    queuePatienceMs: QUEUE_PATIENCE_MS,
    isShared: false,
    pool: null,
  }
}

function openOrExplain(path: string): Sqlite.Database {
  try {
    return openFile(path)
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

/** SQLite does create tables within transactions, so a migration that is cut off leaves nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class TranslatingDialect extends SqliteDialect {
  readonly #database: Sqlite.Database
  readonly #broken: Broken

  constructor(database: Sqlite.Database, broken: Broken) {
    super({ database })
    this.#database = database
    this.#broken = broken
  }

  override createDriver(): Driver {
    return new TranslatingDriver(this.#database, this.#broken)
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter()
  }
}

class TranslatingDriver extends SqliteDriver {
  readonly #database: Sqlite.Database
  readonly #broken: Broken

  constructor(database: Sqlite.Database, broken: Broken) {
    super({ database: keepStatements(database) })
    this.#database = database
    this.#broken = broken
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection()
    return 'translated' in connection ? connection : translated(connection, this.#broken)
  }

  // Immediate: a transaction that starts reading could not become a writer later.
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  // SQLite has already rolled back after a full disk; a second rollback would hide that error.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection)
  }
}

/** Wraps the one connection's calls in place, once, so that the driver keeps its identity. */
function translated(connection: DatabaseConnection, broken: Broken): DatabaseConnection {
  let fatal: unknown = null
  const execute = connection.executeQuery.bind(connection)
  const executeQuery = async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
    if (fatal !== null) throw recordsUnavailable(fatal)
    try {
      return await execute<Row>(query)
    } catch (error) {
      if (isBroken(error) && error instanceof Error) {
        fatal = error
        broken(error)
      }
      throw translate(error)
    }
  }
  return Object.assign(connection, { executeQuery, translated: true })
}
