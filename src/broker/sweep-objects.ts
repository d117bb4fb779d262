/** Objects that nobody needs any more: staging past `landBy`, and sealed copies of lost attempts. */

import { dropClaim, listAbandonedClaims } from '../store/claims.ts'
import { listStagingDue, postponeStaging, recordStagingGone } from '../store/staging.ts'
import type { Deps } from './deps.ts'
import { settleAll } from './settle-all.ts'

type SweepDeps = Pick<Deps, 'store' | 'bucket' | 'now'>

/**
 * Of one PUT not before `landBy`: while the object lies there, `if-none-match` refuses every second.
 * What arrived in parts goes as soon as the upload is over, with all that is unfinished at its key.
 */
export async function sweepStaging({ store, bucket, now }: SweepDeps, batch: number) {
  const due = await listStagingDue(store, now(), batch)
  await settleAll(
    due.map(async (upload) => {
      const location = { bucket: upload.bucket, key: upload.stagingKey }
      const at = now()
      if (upload.parts) await bucket.abortAssemblies(location)
      await bucket.remove(location)
      // A part or a completion that was under way may land behind this; so once more, later.
      if (upload.parts && at < upload.landBy) await postponeStaging(store, upload.id, upload.landBy)
      else await recordStagingGone(store, upload.id)
    }),
  )
  return due.length
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
