/** A short-lived URL for the verified bytes, of a ready upload only. */

import { illegalState, uploadDeleted, validationFailed } from '../problems.ts'
import type { Upload, VerifiedObject } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

export type Download = { url: string; expiresAt: Date; upload: Upload; object: VerifiedObject }

type DownloadDeps = Pick<Deps, 'store' | 'bucket' | 'limits' | 'now'>

/** @param expiresIn seconds; null: the configured life. */
export async function downloadUpload(
  deps: DownloadDeps,
  tenant: string,
  id: string,
  expiresIn: number | null,
): Promise<Download> {
  const limit = deps.limits.downloadTtlSeconds
  if (expiresIn !== null && expiresIn > limit) throw tooLong(expiresIn, limit)

  const upload = await requireUpload(deps, tenant, id)
  if (upload.state === 'deleted') throw uploadDeleted()
  const { object, sealedKey } = upload
  if (upload.state !== 'ready' || !object || !sealedKey) {
    throw illegalState(upload.state, 'a ready upload')
  }
  const terms = {
    filename: upload.declared.filename,
    contentType: object.contentType,
    ttlSeconds: expiresIn ?? limit,
  }
  const location = { bucket: upload.bucket, key: sealedKey }
  const signed = await deps.bucket.presignGet(location, terms, deps.now())
  return { ...signed, upload, object }
}

const tooLong = (expiresIn: number, limit: number) =>
  validationFailed([
    { pointer: '?expiresIn', detail: `at most ${limit} seconds, got ${expiresIn}` },
  ])
