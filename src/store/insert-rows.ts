/** Many rows of one shape into one table; the text of the statement is the same for any number of them. */

import { sql, type Insertable, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

type Table = 'uploads' | 'transitions'
type Row<T extends Table> = Insertable<Schema[T]>

/** @param rows all with the same columns, in the same order. */
export type InsertRows = <T extends Table>(
  db: Kysely<Schema>,
  table: T,
  rows: readonly Row<T>[],
) => Promise<void>

// Escaped, so the driver cannot see them: what PostgreSQL's text does not hold, as elsewhere.
const asText = (_name: string, value: unknown): unknown =>
  typeof value === 'string'
    ? value.replaceAll('\0', '\uFFFD').replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    : value

/** PostgreSQL turns the array into rows by the names of their columns: one value, whatever their number. */
export const insertAsJson: InsertRows = async (db, table, rows) => {
  const columns = sql.join(Object.keys(rows[0] ?? {}).map((name) => sql.ref(name)))
  const into = sql.table(table)
  await sql`insert into ${into} (${columns})
    select ${columns} from json_populate_recordset(null::${into}, ${JSON.stringify(rows, asText)}::json)`.execute(
    db,
  )
}
