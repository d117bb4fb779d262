/** Objects that nobody needs any more: staging past `landBy`, and sealed copies of lost attempts. */

import { dropClaim, listAbandonedClaims } from '../store/claims.ts'
import { listStagingDue, recordStagingGone } from '../store/staging.ts'
import type { Deps } from './deps.ts'
import { settleAll } from './settle-all.ts'

type SweepDeps = Pick<Deps, 'store' | 'bucket' | 'now'>

/** Not before `landBy`: while the object lies there, `if-none-match` refuses every second PUT. */
export async function sweepStaging({ store, bucket, now }: SweepDeps, batch: number) {
  const due = await listStagingDue(store, now(), batch)
  await settleAll(
    due.map(async (upload) => {
      await bucket.remove({ bucket: upload.bucket, key: upload.stagingKey })
      await recordStagingGone(store, upload.id)
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
