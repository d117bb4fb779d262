/** Uploads, their audit, the claims to collect, quotas, the inbox and the API keys. */

import { sql, type Kysely } from 'kysely'

const STATES = `'pending','received','verifying','ready','rejected','expired','canceled','failed','deleted'`

const FINAL = `'ready','rejected','expired','canceled','failed','deleted'`

// The legal pairs as rows: a foreign key then refuses every other transition on any database.
const LEGAL = [
  ['pending', 'received'],
  ['pending', 'expired'],
  ['pending', 'canceled'],
  ['received', 'verifying'],
  ['received', 'pending'],
  ['received', 'canceled'],
  ['received', 'expired'],
  ['verifying', 'ready'],
  ['verifying', 'rejected'],
  ['verifying', 'received'],
  ['verifying', 'failed'],
  ['verifying', 'canceled'],
  ['ready', 'deleted'],
  ['failed', 'received'],
] as const

const STATEMENTS = [
  `create table legal_transitions (
     from_state text not null, to_state text not null, primary key (from_state, to_state))`,
  `insert into legal_transitions (from_state, to_state)
     values ${LEGAL.map(([from, to]) => `('${from}','${to}')`).join(',')}`,
  // Each row continues the one before it, so an upload's history is a chain without gaps.
  `create table transitions (
     upload_id text not null,
     version bigint not null,
     state text not null check (state in (${STATES})),
     previous_version bigint,
     previous_state text,
     at bigint not null,
     cause text not null,
     detail text,
     primary key (upload_id, version, state),
     check ((version = 1) = (previous_state is null)),
     check ((previous_state is null) = (previous_version is null)),
     check (previous_state is not null or state = 'pending'),
     check (previous_version is null or previous_version = version - 1),
     foreign key (previous_state, state) references legal_transitions (from_state, to_state),
     foreign key (upload_id, previous_version, previous_state)
       references transitions (upload_id, version, state))`,
  // The deferred key makes a change of state without its audit row impossible.
  `create table uploads (
     id text primary key,
     tenant text not null,
     subject text,
     profile text not null,
     profile_hash text not null,
     filename text not null,
     content_type text not null,
     size bigint not null check (size >= 0),
     sha256 text,
     metadata text not null,
     state text not null,
     version bigint not null,
     fence bigint not null,
     bucket text not null,
     staging_key text not null,
     sealed_key text,
     slot_ttl_seconds bigint not null,
     slot_expires_at bigint not null,
     land_by bigint not null,
     due_at bigint,
     observed text,
     received_at bigint,
     attempts bigint not null,
     lease_node text,
     object text,
     rejection text,
     staging_due_at bigint,
     created_at bigint not null,
     updated_at bigint not null,
     check ((state in ('ready', 'deleted')) = (object is not null)),
     check ((state = 'rejected') = (rejection is not null)),
     check (state <> 'verifying' or (sealed_key is not null and lease_node is not null)),
     foreign key (id, version, state) references transitions (upload_id, version, state)
       deferrable initially deferred)`,
  `create index uploads_by_tenant on uploads (tenant, id)`,
  `create index uploads_by_state on uploads (tenant, state, id)`,
  `create index uploads_by_profile on uploads (tenant, profile, id)`,
  `create index uploads_due on uploads (state, due_at) where due_at is not null`,
  `create index uploads_staging_due on uploads (staging_due_at)
     where staging_due_at is not null and state in (${FINAL})`,
  `create table claims (
     sealed_key text primary key,
     bucket text not null,
     upload_id text not null,
     fence bigint not null,
     grace_ms bigint not null,
     collect_at bigint not null)`,
  `create index claims_due on claims (collect_at)`,
  `create table quotas (
     tenant text not null,
     profile text not null,
     open_slots bigint not null check (open_slots >= 0),
     reserved_bytes bigint not null check (reserved_bytes >= 0),
     primary key (tenant, profile))`,
  `create table inbox (
     digest text primary key,
     source text not null,
     body text not null,
     state text not null check (state in ('new','matched','ignored','unmatched','poison')),
     attempts bigint not null,
     due_at bigint,
     received_at bigint not null)`,
  `create index inbox_due on inbox (due_at) where due_at is not null`,
  `create index inbox_by_state on inbox (state, received_at)`,
  `create table api_keys (
     id text primary key,
     tenant text not null,
     secret_hash text not null,
     scopes text not null,
     created_at bigint not null,
     expires_at bigint,
     revoked_at bigint,
     last_used_at bigint)`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
