/** The record as callers see it: never a staging key, and the object's key only while it is ready. */

import type { Download } from '../broker/download-upload.ts'
import type { IssuedSlot } from '../broker/issue-slot.ts'
import type { Guarantees } from '../upload/guarantees.ts'
import type { Upload } from '../upload/upload.ts'

export function renderUpload(
  upload: Upload,
  guarantees: Guarantees,
  slot: IssuedSlot['slot'] | null = null,
) {
  const { id, state, profile, declared, subject, createdAt, updatedAt, landBy, version } = upload
  return {
    id,
    state,
    profile,
    ...declared,
    subject,
    createdAt,
    updatedAt,
    landBy,
    version,
    slot,
    parts: upload.parts,
    guarantees,
    object: renderObject(upload),
    rejection: upload.rejection,
  }
}

function renderObject({ object, state, bucket, sealedKey }: Upload) {
  if (!object) return null
  const { versionId, size, contentType, sha256, scan, verifiedAt } = object
  const key = state === 'ready' ? sealedKey : null
  return { bucket, key, versionId, size, contentType, sha256, scan, verifiedAt }
}

export function renderDownload({ url, expiresAt, upload, object }: Download) {
  const { contentType, size, sha256 } = object
  return { url, expiresAt, filename: upload.declared.filename, contentType, size, sha256 }
}
