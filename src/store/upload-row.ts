/** A row of uploads <-> the record of the domain. */

import type { Insertable, Selectable, Updateable } from 'kysely'
import type { PartPlan } from '../upload/parts.ts'
import type { Declared, Observed, Rejection, Upload, VerifiedObject } from '../upload/upload.ts'
import type { UploadsTable } from './schema.ts'

export type UploadRow = Selectable<UploadsTable>
export type UploadUpdate = Updateable<UploadsTable>

export function toUpload(row: UploadRow): Upload {
  return {
    id: row.id,
    tenant: row.tenant,
    subject: row.subject,
    tokenId: row.token_id,
    traceparent: row.traceparent,
    profile: row.profile,
    profileHash: row.profile_hash,
    declared: toDeclared(row),
    state: row.state,
    version: row.version,
    fence: row.fence,
    bucket: row.bucket,
    stagingKey: row.staging_key,
    parts: toPlan(row),
    assembly: row.assembly,
    completingSince: toDate(row.completing_since),
    sealedKey: row.sealed_key,
    slotTtlSeconds: row.slot_ttl_seconds,
    slotExpiresAt: new Date(row.slot_expires_at),
    landBy: new Date(row.land_by),
    dueAt: toDate(row.due_at),
    observed: parse(row.observed) as Observed | null,
    receivedAt: toDate(row.received_at),
    attempts: row.attempts,
    object: toObject(row.object),
    rejection: parse(row.rejection) as Rejection | null,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

const toDeclared = (row: UploadRow): Declared => ({
  filename: row.filename,
  contentType: row.content_type,
  size: row.size,
  sha256: row.sha256,
  metadata: JSON.parse(row.metadata) as Record<string, string>,
})

const toPlan = ({ part_bytes: size, part_count: count }: UploadRow): PartPlan | null =>
  size === null || count === null ? null : { size, count }

function toObject(text: string | null): VerifiedObject | null {
  const stored = parse(text) as (Omit<VerifiedObject, 'verifiedAt'> & { verifiedAt: number }) | null
  return stored && { ...stored, verifiedAt: new Date(stored.verifiedAt) }
}

export const fromObject = (object: VerifiedObject): string =>
  JSON.stringify({ ...object, verifiedAt: object.verifiedAt.getTime() })

export function toRow(upload: Upload): Insertable<UploadsTable> {
  const { declared } = upload
  return {
    id: upload.id,
    tenant: upload.tenant,
    subject: upload.subject,
    token_id: upload.tokenId,
    traceparent: upload.traceparent,
    profile: upload.profile,
    profile_hash: upload.profileHash,
    filename: declared.filename,
    content_type: declared.contentType,
    size: declared.size,
    sha256: declared.sha256,
    metadata: JSON.stringify(declared.metadata),
    state: upload.state,
    version: upload.version,
    fence: upload.fence,
    bucket: upload.bucket,
    staging_key: upload.stagingKey,
    sealed_key: null,
    slot_ttl_seconds: upload.slotTtlSeconds,
    slot_expires_at: upload.slotExpiresAt.getTime(),
    land_by: upload.landBy.getTime(),
    due_at: upload.dueAt?.getTime() ?? null,
    observed: null,
    received_at: null,
    attempts: 0,
    lease_node: null,
    object: null,
    rejection: null,
    // No client can make one object of its parts, so what is left of them may go once it is over.
    staging_due_at: (upload.parts ? upload.createdAt : upload.landBy).getTime(),
    part_bytes: upload.parts?.size ?? null,
    part_count: upload.parts?.count ?? null,
    assembly: upload.assembly,
    completing_since: null,
    created_at: upload.createdAt.getTime(),
    updated_at: upload.updatedAt.getTime(),
  }
}

const toDate = (millis: number | null): Date | null => (millis === null ? null : new Date(millis))

const parse = (text: string | null): unknown => (text === null ? null : JSON.parse(text))
