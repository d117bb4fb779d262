/** Webhook endpoints, the events to tell them, and how far each delivery has come. */

import { sql, type Kysely } from 'kysely'

const STATEMENTS = [
  // A tenant's endpoints take numbered places, so that their number is bounded on any database.
  `create table webhooks (
     id text primary key,
     tenant text not null,
     place bigint check (place >= 0),
     url text not null,
     events text,
     profiles text,
     description text,
     secret text not null,
     previous_secret text,
     previous_until bigint,
     state text not null check (state in ('enabled', 'disabled', 'deleted')),
     disabled_reason text,
     failures bigint not null,
     failing_since bigint,
     created_at bigint not null,
     deleted_at bigint,
     check ((place is null) = (state = 'deleted')),
     check ((previous_secret is null) = (previous_until is null)),
     unique (tenant, place))`,
  `create index webhooks_by_state on webhooks (state, id)`,
  `create table webhook_events (
     id text primary key,
     upload_id text,
     type text not null,
     body text not null,
     created_at bigint not null,
     unique (upload_id, type))`,
  `create table deliveries (
     id text primary key,
     tenant text not null,
     webhook_id text not null,
     event_id text not null,
     upload_id text,
     type text not null,
     state text not null check (state in ('pending', 'delivered', 'dead')),
     attempts bigint not null,
     claim bigint not null,
     due_at bigint,
     last_status bigint,
     last_error text,
     created_at bigint not null,
     settled_at bigint,
     check ((state = 'pending') = (due_at is not null)),
     check ((state = 'pending') = (settled_at is null)),
     unique (event_id, webhook_id))`,
  `create index deliveries_due on deliveries (due_at) where due_at is not null`,
  `create index deliveries_due_of_webhook on deliveries (webhook_id, due_at)
     where due_at is not null`,
  `create index deliveries_waiting on deliveries (created_at) where state = 'pending'`,
  `create index deliveries_by_tenant on deliveries (tenant, id)`,
  `create index deliveries_by_state on deliveries (tenant, state, id)`,
  `create index deliveries_by_webhook on deliveries (webhook_id, id)`,
  `create index deliveries_by_upload on deliveries (upload_id, id)`,
  `create index deliveries_settled on deliveries (state, settled_at)
     where settled_at is not null`,
]

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}
