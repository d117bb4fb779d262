/** Settled events by age, so that dropping the old ones does not read the whole inbox. */

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create index inbox_settled on inbox (received_at) where due_at is null`)
    .execute(db)
}
