/** The record as others see it: never a staging key, and the object's key only while it is ready. */

import type { Guarantees } from './guarantees.ts'
import type { Upload } from './upload.ts'

/** Everything but the slot, which only the answers that issue one carry. */
export function toRecord(upload: Upload, guarantees: Guarantees) {
  const { id, state, profile, declared, subject, createdAt, updatedAt, landBy, version } = upload
  return {
    id,
    state,
    profile,
    filename: declared.filename,
    contentType: declared.contentType,
    size: declared.size,
    sha256: declared.sha256,
    metadata: declared.metadata,
    subject,
    createdAt,
    updatedAt,
    landBy,
    version,
    parts: upload.parts,
    guarantees,
    object: toShownObject(upload),
    rejection: upload.rejection,
  }
}

function toShownObject({ object, state, bucket, sealedKey }: Upload) {
  if (!object) return null
  const { versionId, size, contentType, sha256, scan, verifiedAt } = object
  const key = state === 'ready' ? sealedKey : null
  return { bucket, key, versionId, size, contentType, sha256, scan, verifiedAt }
}
