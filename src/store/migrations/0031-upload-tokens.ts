/** What each upload token has used of what it allows, and which uploads were made with it. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `create table upload_tokens (
     id text primary key,
     used_uploads bigint not null check (used_uploads >= 0),
     used_bytes bigint not null check (used_bytes >= 0),
     expires_at bigint not null)`,
  `create index upload_tokens_expiry on upload_tokens (expires_at)`,
  `alter table uploads add column token_id text`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
