/** The tables, as Kysely sees them: text, bigint epoch milliseconds, JSON as text. */

import type { ColumnType } from 'kysely'
import type { EventType } from '../upload/announcement.ts'
import type { Cause, UploadState } from '../upload/upload.ts'
import type { TalliesTable, TallyPositionTable } from './schema-of-tallies.ts'

/** Milliseconds since 1970. */
type Millis = number

export type UploadsTable = {
  id: string
  tenant: string
  subject: string | null
  /** The upload token that it was created under; null: an API key. */
  token_id: string | null
  /** The W3C trace context that it was created in. */
  traceparent: string | null
  profile: string
  profile_hash: string
  filename: string
  content_type: string
  size: number
  sha256: string | null
  metadata: string
  state: UploadState
  version: number
  fence: number
  bucket: string
  staging_key: string
  sealed_key: string | null
  slot_ttl_seconds: number
  slot_expires_at: Millis
  land_by: Millis
  due_at: Millis | null
  observed: string | null
  received_at: Millis | null
  attempts: number
  lease_node: string | null
  object: string | null
  rejection: string | null
  /** When the staging object is to be deleted; null once it is. */
  staging_due_at: Millis | null
  /** Null: one PUT. */
  part_bytes: number | null
  part_count: number | null
  /** The store's name of the multipart upload; null until a part was asked for. */
  assembly: string | null
  /** When its parts were last asked to become one object. */
  completing_since: Millis | null
  created_at: Millis
  updated_at: Millis
}

type TransitionsTable = {
  upload_id: string
  version: number
  state: UploadState
  previous_version: number | null
  previous_state: UploadState | null
  at: Millis
  cause: Cause
  detail: string | null
}

type LegalTransitionsTable = { from_state: UploadState; to_state: UploadState }

/** Sealed copies that have to go unless their upload becomes ready with them. */
export type ClaimsTable = {
  sealed_key: string
  bucket: string
  upload_id: string
  fence: number
  /** How long a worker that lost its lease may still be writing. */
  grace_ms: number
  collect_at: Millis
}

type QuotasTable = {
  tenant: string
  profile: string
  open_slots: number
  reserved_bytes: number
}

export type InboxState = 'new' | 'matched' | 'ignored' | 'unmatched' | 'poison'

export type InboxTable = {
  /** SHA-256 (hex) of source and body: the same event is stored once. */
  digest: string
  source: string
  body: string
  state: InboxState
  attempts: number
  due_at: Millis | null
  received_at: Millis
}

type ProbesTable = { folder: string; bucket: string; collect_at: Millis }

type CapabilitiesTable = { bucket: string; guarantees: string; probed_at: Millis }

export type IdempotencyKeysTable = {
  /** SHA-256 (hex) of tenant, token, route and key: nobody can ask for another's. */
  digest: string
  /** SHA-256 (hex) of the request's canonical JSON. */
  fingerprint: string
  /** Names the call that works on it. */
  claim: string
  claimed_at: Millis
  /** JSON; null while the first call is still running. */
  result: string | null
  expires_at: Millis
}

type UploadTokensTable = {
  id: string
  used_uploads: number
  used_bytes: number
  expires_at: Millis
}

type RateCountsTable = { name: string; minute: number; used: number }

export type ApiKeysTable = {
  id: string
  tenant: string
  /** Hex SHA-256 of the secret; the secret itself is never stored. */
  secret_hash: string
  /** JSON array. */
  scopes: string
  created_at: Millis
  expires_at: Millis | null
  revoked_at: Millis | null
  last_used_at: ColumnType<Millis | null, Millis | null, Millis>
}

/** Objects that no record names, each with the walk that saw it last. */
export type OrphansTable = {
  bucket: string
  folder: string
  key: string
  size: number
  walk: number
  first_seen_at: Millis
}

type WalksTable = {
  bucket: string
  folder: string
  walk: number
  /** The last key that was looked at; null once the walk is over. */
  after_key: string | null
  started_at: Millis
}

export type WebhookState = 'enabled' | 'disabled'

export type WebhooksTable = {
  id: string
  tenant: string
  /** 0 to 99; null once it is deleted. */
  place: number | null
  url: string
  /** JSON array; null: all. */
  events: string | null
  /** JSON array; null: all. */
  profiles: string | null
  description: string | null
  /** Sealed; only whoever has TOKEN_SECRET can open it. */
  secret: string
  /** Signs as well, until `previous_until`. */
  previous_secret: string | null
  previous_until: Millis | null
  /** A deleted one stays until its deliveries are settled. */
  state: WebhookState | 'deleted'
  disabled_reason: string | null
  /** Failed attempts in a row, over all of its deliveries. */
  failures: number
  failing_since: Millis | null
  created_at: Millis
  deleted_at: Millis | null
}

type WebhookEventsTable = {
  /** The `webhook-id`. */
  id: string
  upload_id: string | null
  type: EventType
  body: string
  /** Of the upload that it is about. */
  traceparent: string | null
  created_at: Millis
}

export type DeliveryState = 'pending' | 'delivered' | 'dead'

export type DeliveriesTable = {
  id: string
  tenant: string
  webhook_id: string
  event_id: string
  upload_id: string | null
  type: EventType
  state: DeliveryState
  /** Attempts that ended, since it was last asked for. */
  attempts: number
  /** Grows with each claim: only the latest one may write what became of it. */
  claim: number
  /** The next attempt, or the end of the lease of the present one. */
  due_at: Millis | null
  last_status: number | null
  last_error: string | null
  created_at: Millis
  settled_at: Millis | null
}

export type Schema = {
  uploads: UploadsTable
  transitions: TransitionsTable
  legal_transitions: LegalTransitionsTable
  claims: ClaimsTable
  quotas: QuotasTable
  inbox: InboxTable
  api_keys: ApiKeysTable
  capabilities: CapabilitiesTable
  probes: ProbesTable
  orphans: OrphansTable
  walks: WalksTable
  idempotency_keys: IdempotencyKeysTable
  upload_tokens: UploadTokensTable
  rate_counts: RateCountsTable
  webhooks: WebhooksTable
  webhook_events: WebhookEventsTable
  deliveries: DeliveriesTable
  tallies: TalliesTable
  tally_position: TallyPositionTable
}
