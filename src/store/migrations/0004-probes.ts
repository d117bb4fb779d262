/** Where a probe writes, recorded before it does, so that a killed one leaves nothing for ever. */

import { sql, type Kysely } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table probes (
         folder text primary key, bucket text not null, collect_at bigint not null)`,
    )
    .execute(db)
}
