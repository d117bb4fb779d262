/** Changes of state counted by the hour, and how far the counting has come. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `create table tallies (
     tenant text not null,
     hour bigint not null,
     measure text not null,
     name text not null,
     count bigint not null,
     primary key (tenant, hour, measure, name))`,
  `create index tallies_by_hour on tallies (hour)`,
  // One row; every count is added together with a move of it.
  `create table tally_position (
     id text primary key check (id = 'transitions'),
     at bigint not null,
     upload_id text not null,
     version bigint not null)`,
  `insert into tally_position (id, at, upload_id, version) values ('transitions', 0, '', 0)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
