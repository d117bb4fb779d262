/** The trace that an upload was created in, and what is told of it. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `alter table uploads add column traceparent text`,
  `alter table webhook_events add column traceparent text`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
