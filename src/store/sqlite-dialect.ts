/** Kysely over one SQLite file: immediate transactions, and every call guarded. */

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
import type { SqliteFile } from './sqlite-file.ts'

export class SqliteFileDialect extends SqliteDialect {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super({ database: file.database })
    this.#file = file
  }

  override createDriver(): Driver {
    return new SqliteFileDriver(this.#file)
  }

  override createAdapter(): DialectAdapter {
    return new TransactionalAdapter()
  }
}

/** SQLite does create tables within transactions, so a migration that is cut off leaves nothing. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class SqliteFileDriver extends SqliteDriver {
  readonly #file: SqliteFile

  constructor(file: SqliteFile) {
    super({ database: file.statements })
    this.#file = file
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection()
    return 'guarded' in connection ? connection : guarded(connection, this.#file)
  }

  // Immediate: a transaction that starts reading could not become a writer later.
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  // SQLite has already rolled back after a full disk; a second rollback would hide that error.
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#file.database.inTransaction) await super.rollbackTransaction(connection)
  }
}

/** Wraps the one connection's calls in place, once, so that the driver keeps its identity. */
function guarded(
  connection: DatabaseConnection,
  { guard }: Pick<SqliteFile, 'guard'>,
): DatabaseConnection {
  const execute = connection.executeQuery.bind(connection)
  const executeQuery = <Row>(query: CompiledQuery): Promise<QueryResult<Row>> =>
    guard(() => execute<Row>(query))
  return Object.assign(connection, { executeQuery, guarded: true })
}
