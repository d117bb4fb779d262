/** Objects that nobody needs any more: staging past `landBy`, and sealed copies of lost attempts. */

import { dropClaim, listAbandonedClaims } from '../store/claims.ts'
import { listStagingDue, postponeStaging, recordStagingGone } from '../store/staging.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { settleAll } from './settle-all.ts'

const AFTER_A_FAULT_SECONDS = 15

type SweepDeps = Pick<Deps, 'store' | 'bucket' | 'now'>

/**
 * Of one PUT not before `landBy`: while the object lies there, `if-none-match` refuses every second.
 * What arrived in parts goes as soon as the upload is over, with all that is unfinished at its key.
 */
export async function sweepStaging({ store, bucket, now }: SweepDeps, batch: number) {
  const due = await listStagingDue(store, now(), batch)
  await settleAll(
    due.map(async (upload) => {
      const at = now()
      try {
        await removeStaging(bucket, upload)
      } catch (error) {
        // So that those whose bucket fails do not stand in front of all others.
        await postponeStaging(store, upload.id, addSeconds(at, AFTER_A_FAULT_SECONDS))
        throw error
      }
      // A part or a completion that was under way may land behind this; so once more, later.
      if (upload.parts && at < upload.landBy) await postponeStaging(store, upload.id, upload.landBy)
      else await recordStagingGone(store, upload.id)
    }),
  )
  return due.length
}

async function removeStaging(bucket: Deps['bucket'], upload: Upload): Promise<void> {
  const location = { bucket: upload.bucket, key: upload.stagingKey }
  if (upload.parts) await bucket.abortAssemblies(location)
  await bucket.remove(location)
}

export async function sweepClaims({ store, bucket, now }: SweepDeps, batch: number) {
  const abandoned = await listAbandonedClaims(store, now(), batch)
  await settleAll(
    abandoned.map(async (claim) => {
      await bucket.discard({ bucket: claim.bucket, key: claim.sealed_key }, claim.size)
      await dropClaim(store, claim.sealed_key)
    }),
  )
  return abandoned.length
}
