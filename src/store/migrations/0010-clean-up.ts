/** Orphans and the walk that finds them, the ends of retention, and the audit by its moments. */

import { sql, type Kysely } from 'kysely'

const OVER = `'rejected','expired','canceled','failed','deleted'`

const STATEMENTS = [
  `create table orphans (
     bucket text not null,
     folder text not null,
     key text not null,
     size bigint not null,
     walk bigint not null,
     first_seen_at bigint not null,
     primary key (bucket, folder, key))`,
  `create index orphans_by_age on orphans (first_seen_at)`,
  `create table walks (
     bucket text not null,
     folder text not null,
     walk bigint not null,
     after_key text,
     started_at bigint not null,
     primary key (bucket, folder))`,
  `create index uploads_ready on uploads (profile, updated_at) where state = 'ready'`,
  `create index uploads_over on uploads (profile, updated_at)
     where state in (${OVER}) and staging_due_at is null`,
  `create index transitions_swept on transitions (at) where state = 'deleted' and cause = 'sweep'`,
  `create index transitions_by_moment on transitions (at, upload_id, version)`,
  `create index claims_by_upload on claims (upload_id)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
