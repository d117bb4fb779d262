/** Uploads in parts: how the object was divided, and the store's name of the multipart upload. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `alter table uploads add column part_bytes bigint`,
  `alter table uploads add column part_count bigint`,
  `alter table uploads add column assembly text`,
  `alter table uploads add column completing_since bigint`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
