/** Requests of one minute per caller, which all nodes count together. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `create table rate_counts (
     name text not null,
     minute bigint not null,
     used bigint not null,
     primary key (name, minute))`,
  `create index rate_counts_minute on rate_counts (minute)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
