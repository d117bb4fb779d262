/** What each migration asks of programs that do not know it: so that an older release can say whether it may run. */

import { sql, type Kysely } from 'kysely'

const STATEMENT = `
  create table schema_steps (
    name text primary key,
    kind text not null check (kind in ('expanding', 'contracting')),
    since text,
    check ((kind = 'contracting') = (since is not null)))`

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(STATEMENT).execute(db)
}
