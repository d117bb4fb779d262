/** Idempotency keys: which call is being answered, or what it was answered with. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  `create table idempotency_keys (
     digest text primary key,
     fingerprint text not null,
     claim text not null,
     claimed_at bigint not null,
     result text,
     expires_at bigint not null)`,
  `create index idempotency_keys_expiry on idempotency_keys (expires_at)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
