/** New rows of a group, into the one connection's transaction. */

import type { InsertRows } from './insert-rows.ts'
import type { SqliteFile } from './sqlite-file.ts'

/**
 * Row by row, as in one process a call costs less than a text for each number of rows; and not
 * through Kysely: measured, 129 instead of 132 µs of a processor for a slot.
 */
export const insertInto =
  ({ statements, guard }: SqliteFile): InsertRows =>
  (_trx, table, rows) =>
    guard(() => {
      const columns = Object.keys(rows[0] ?? {})
      const places = columns.map(() => '?').join()
      const insert = statements.prepare(
        `insert into ${table} (${columns.join()}) values (${places})`,
      )
      for (const row of rows) insert.run(Object.values(row))
    })
