/** Arrivals by their cause and moment, for the watch over events that fail to come. */

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(`create index transitions_received on transitions (at, cause) where state = 'received'`)
    .execute(db)
}
