/** The record of one upload, from the slot we issued to the object we keep. */

import type { PartPlan } from './parts.ts'

export const UPLOAD_STATES = [
  'pending',
  'received',
  'verifying',
  'ready',
  'rejected',
  'expired',
  'canceled',
  'failed',
  'deleted',
] as const

export type UploadState = (typeof UPLOAD_STATES)[number]

/** Who moved the upload: a caller, a hint of the store, the client's hint, the clock, a worker, a person. */
export type Cause = 'api' | 'event' | 'complete' | 'sweep' | 'worker' | 'operator'

/** What the client promised to send. */
export type Declared = {
  filename: string
  /** `type/subtype`, lower case, no parameters. */
  contentType: string
  /** Exact length in bytes. */
  size: number
  /** Canonical base64 of 32 bytes, or null when the client declared none. */
  sha256: string | null
  metadata: Record<string, string>
}

/** What a HEAD of the staging key said. The ETag pins a copy; it is never a verdict. */
export type Observed = {
  size: number
  contentType: string
  etag: string
  versionId: string | null
  /** The store keeps it under a key that only the client has (SSE-C). */
  isUnreadable?: true
}

export type ScanResult = 'clean' | 'off'

/** The verified object; fixed for ever once the upload is ready. */
export type VerifiedObject = {
  size: number
  contentType: string
  /** Base64 of the SHA-256 that Berth computed over the sealed copy. */
  sha256: string
  versionId: string | null
  scan: ScanResult
  verifiedAt: Date
}

export type RejectionReason =
  | 'size-mismatch'
  | 'sha256-mismatch'
  | 'content-type-mismatch'
  | 'content-type-not-allowed'
  | 'infected'
  | 'unscannable'
  | 'empty'
  | 'unreadable'
  | 'unstable-source'

export type Rejection = {
  reason: RejectionReason
  detail: string
  expected: string
  observed: string
}

export type Upload = {
  /** `upl_` and 32 hex digits of a UUIDv7, so that ids sort by age. */
  id: string
  tenant: string
  /** The end user on whose behalf the upload was asked for, as the caller names them. */
  subject: string | null
  /** The upload token that it was created under; null: an API key. */
  tokenId: string | null
  /** The W3C trace context that it was created in; what is done for it later is part of that trace. */
  traceparent: string | null
  profile: string
  /** SHA-256 (hex) of the profile as it was when the slot was issued. */
  profileHash: string
  declared: Declared
  state: UploadState
  /** 1 with pending, one more with every transition, moved by nothing else. */
  version: number
  /** Grows with every lease, so that a stalled worker's writes are refused. */
  fence: number
  bucket: string
  stagingKey: string
  /** How the object is divided; null: it is sent in one PUT. */
  parts: PartPlan | null
  /** The store's name of the multipart upload that gathers the parts; null until one was asked for. */
  assembly: string | null
  /** When Berth last asked the store to make one object of the parts; null: not yet. */
  completingSince: Date | null
  /** Where the present or last attempt seals its copy; the final key once ready. */
  sealedKey: string | null
  slotTtlSeconds: number
  slotExpiresAt: Date
  /** After this moment no PUT of this slot can still land. */
  landBy: Date
  /** When a sweep or worker has to look next; null when nothing is due. */
  dueAt: Date | null
  observed: Observed | null
  receivedAt: Date | null
  /** Verification attempts so far, for the backoff. */
  attempts: number
  object: VerifiedObject | null
  rejection: Rejection | null
  createdAt: Date
  /** Moves with transitions only. */
  updatedAt: Date
}
