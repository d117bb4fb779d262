/** What each bucket was shown to enforce. */

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table capabilities (
         bucket text primary key, guarantees text not null, probed_at bigint not null)`,
    )
    .execute(db)
}
