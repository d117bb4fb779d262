/** SQLite behind Kysely: pragmas, immediate transactions, and the driver's errors in our words. */

import { mkdirSync } from 'node:fs'
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

/** What a full disk, a locked or a failing file is called; each may pass. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PROTOCOL)/

// Short, because waiting inside the driver blocks the event loop; the writer waits outside it.
const DRIVER_WAIT_MS = 20

// As long as another process may keep the write lock before callers are told.
const QUEUE_PATIENCE_MS = 6_000

export function openSqlite(path: string): Engine {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new Sqlite(path, { timeout: DRIVER_WAIT_MS })
  database.pragma('journal_mode = WAL')
  // FULL: an answered slot survives a power cut, not only a crash of the process.
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return {
    dialect: new TranslatingDialect(database),
    migrationDialect: null,
    isConflict: isBusy,
    // With one writer there is nobody to pass by.
    skipsLocked: false,
    queuePatienceMs: QUEUE_PATIENCE_MS,
    isShared: false,
  }
}

/** SQLite does create tables within transactions, so a migration that is cut off leaves nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class TranslatingDialect extends SqliteDialect {
  readonly #database: Sqlite.Database

  constructor(database: Sqlite.Database) {
    super({ database })
    this.#database = database
  }

  override createDriver(): Driver {
    return new TranslatingDriver(this.#database)
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter()
  }
}

class TranslatingDriver extends SqliteDriver {
  readonly #database: Sqlite.Database

  constructor(database: Sqlite.Database) {
    super({ database })
    this.#database = database
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection()
    return 'translated' in connection ? connection : translated(connection)
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
function translated(connection: DatabaseConnection): DatabaseConnection {
  const execute = connection.executeQuery.bind(connection)
  const executeQuery = async <Row>(query: CompiledQuery): Promise<QueryResult<Row>> => {
    try {
      return await execute<Row>(query)
    } catch (error) {
      throw isUnavailable(error) ? recordsUnavailable(error) : error
    }
  }
  return Object.assign(connection, { executeQuery, translated: true })
}

const isUnavailable = (error: unknown): boolean => UNAVAILABLE.test(codeOf(error))

/** True when another process holds the write lock, which ends by itself. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error.cause))

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
