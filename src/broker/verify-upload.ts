/** Lease, claim, look at the claimed copy, decide. Claim before check, always. Safe to repeat. */

import { dropClaim } from '../store/claims.ts'
import { recordReady, recordRejected } from '../store/transitions.ts'
import type { Rejection, Upload } from '../upload/upload.ts'
import { judgeObserved } from '../upload/verdict.ts'
import { inspectSurely } from './inspect-sealed.ts'
import { sealCopy } from './seal-copy.ts'
import type { VerifyDeps } from './verify-deps.ts'
import { handBack, handBackGone, leaseUpload, type Leased } from './lease-upload.ts'

/** Resolves when this attempt is over, whatever became of it; never rejects for a fault of the store. */
export async function verifyUpload(
  deps: VerifyDeps,
  received: Upload,
  stop: AbortSignal,
): Promise<void> {
  const leased = await leaseUpload(deps, received, stop)
  if (!leased) return
  try {
    await attempt(deps, leased)
  } catch (error) {
    await handBack(deps, leased, error)
  } finally {
    leased.end()
  }
}

async function attempt(deps: VerifyDeps, leased: Leased): Promise<void> {
  const { upload } = leased
  const broken = upload.observed && judgeObserved(upload.declared, upload.observed)
  if (broken) return reject(deps, upload, broken)

  const sealed = await sealCopy(deps, upload, leased.signal)
  if (sealed.outcome === 'gone') return handBackGone(deps, leased)
  if (sealed.outcome === 'rejected') return reject(deps, upload, sealed.rejection)

  const { verdict, inspected, versionId } = await inspectSurely(deps, leased)
  if (verdict.outcome === 'rejected') return reject(deps, upload, verdict.rejection)
  const { size, sha256 } = inspected
  const { contentType, scan } = verdict
  const at = deps.now()
  const object = { size, sha256, scan, versionId, verifiedAt: at, contentType }
  const ready = await recordReady(deps.store, upload, object, { at, cause: 'worker' })
  if (!ready) return
  deps.log.info('upload.ready', { uploadId: upload.id, size })
  deps.meter.verdict(null, secondsSinceArrival(upload, at))
}

const secondsSinceArrival = ({ receivedAt }: Upload, at: Date): number =>
  (at.getTime() - (receivedAt ?? at).getTime()) / 1000

/** The sealed copy is deleted after the record; a crash between leaves it to the sweep. */
async function reject(deps: VerifyDeps, upload: Upload, rejection: Rejection): Promise<void> {
  const when = { at: deps.now(), cause: 'worker' } as const
  if (!(await recordRejected(deps.store, upload, rejection, when))) return
  deps.log.info('upload.rejected', { uploadId: upload.id, reason: rejection.reason })
  deps.meter.verdict(rejection.reason, secondsSinceArrival(upload, when.at))
  const { bucket, sealedKey, declared } = upload
  if (sealedKey === null) return
  await deps.bucket.discard({ bucket, key: sealedKey }, declared.size)
  await dropClaim(deps.store, sealedKey)
}
