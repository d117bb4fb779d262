/** Everything that is judged is read from the sealed key, which no client can write. */

import { scannerUnavailable, storageUnavailable } from '../problems.ts'
import type { Profile } from '../upload/policy.ts'
import type { Upload } from '../upload/upload.ts'
import { judge, type Inspected, type Scan, type Verdict } from '../upload/verdict.ts'
import type { Leased } from './lease-upload.ts'
import type { VerifyDeps } from './verify-deps.ts'

export type Found = { inspected: Inspected; verdict: Verdict; versionId: string | null }

const SCAN_URL_SECONDS = 900

/** Before bytes are called wrong they are read twice: one reading may have been garbled on its way. */
export async function inspectSurely(deps: VerifyDeps, leased: Leased): Promise<Found> {
  const found = await inspectSealed(deps, leased)
  if (found.verdict.outcome === 'ready') return found
  if (found.verdict.rejection.reason !== 'sha256-mismatch') return found
  const again = await inspectSealed(deps, leased)
  if (again.inspected.sha256 === found.inspected.sha256) return again
  throw garbled(deps, leased, 'two readings of the sealed copy differ')
}

async function inspectSealed(deps: VerifyDeps, leased: Leased): Promise<Found> {
  const { upload, signal } = leased
  const rules = rulesFor(deps, upload)
  const location = { bucket: upload.bucket, key: upload.sealedKey ?? '' }
  const stream = await deps.bucket.read(location, signal)
  if (!stream) throw storageUnavailable(new Error('the sealed copy cannot be found'))
  const { body, contentLength, versionId, sha256 } = stream
  const isScanned = rules.scan === 'required'
  const read = await deps.inspect({ body, contentLength, scan: isScanned, signal })
  if (sha256 !== null && sha256 !== read.sha256) {
    throw garbled(deps, leased, 'the store knows another SHA-256 of the sealed copy')
  }
  const scan = isScanned ? await scanned(deps, upload, read) : read.scan
  const inspected = { ...read, scan }
  return { inspected, versionId, verdict: judge(upload.declared, inspected, rules) }
}

/** Worth an alarm, and no verdict: either the network or the store's disk garbles bytes. */
function garbled({ log }: VerifyDeps, { upload }: Leased, what: string): Error {
  log.warn('storage.garbled', { uploadId: upload.id, what })
  return storageUnavailable(new Error(what))
}

/** What the stream's scanner found worse than clean stands; then the service behind HTTP is asked. */
async function scanned(deps: VerifyDeps, upload: Upload, read: Inspected): Promise<Scan> {
  const { scan } = read
  if (scan.outcome === 'infected' || scan.outcome === 'unscannable') return scan
  if (deps.scanByUrl) return deps.scanByUrl(await scanJob(deps, upload, read))
  // Never a verdict: the set-up is at fault, and may be mended.
  if (scan.outcome === 'off') throw scannerUnavailable(new Error('no scanner is configured'))
  return scan
}

async function scanJob(deps: VerifyDeps, upload: Upload, { size, sha256 }: Inspected) {
  const { id, fence, bucket, declared } = upload
  const key = upload.sealedKey ?? ''
  const terms = { ...declared, ttlSeconds: SCAN_URL_SECONDS }
  const { url } = await deps.bucket.presignGet({ bucket, key }, terms, deps.now())
  const nonce = key.slice(key.lastIndexOf('/') + 1)
  return { uploadId: id, fence, nonce, url, size, sha256, contentType: declared.contentType }
}

// A profile may have been taken out of the file since. What it asked for cannot be known then, so
// the upload waits for it to come back, and is given up on in the end; it is never waved through.
function rulesFor({ profiles }: VerifyDeps, { profile }: Upload): Profile {
  const rules = profiles.get(profile)
  if (!rules) throw new Error(`profile ${profile} is no longer configured`)
  return rules
}
