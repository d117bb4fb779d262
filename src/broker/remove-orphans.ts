/** Orphans whose grace is over go, unless a record names them by now. */

import { namedKeys } from '../store/named-keys.ts'
import { forgetOrphan, listRipeOrphans, type Orphan } from '../store/orphans.ts'
import { uploadIdFromKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import { settleAll } from './settle-all.ts'
import type { OrphanDeps } from './sweep-orphans.ts'

/** @returns how many orphans were settled. */
export async function removeOrphans(deps: OrphanDeps, batch: number): Promise<number> {
  const before = addSeconds(deps.now(), -deps.limits.orphanGraceSeconds)
  const ripe = await listRipeOrphans(deps.store, before, batch)
  await settleAll(ripe.map((orphan) => remove(deps, orphan)))
  return ripe.length
}

/** Asked again right before: records may have come back from a backup since. */
async function remove(deps: OrphanDeps, orphan: Orphan): Promise<void> {
  const { store, bucket, log, meter } = deps
  const { key, size } = orphan
  const named = await namedKeys(store, orphan.bucket, [key])
  if (!named.has(key)) {
    await bucket.remove({ bucket: orphan.bucket, key })
    meter.orphansRemoved(1)
    log.warn('orphan.removed', { bucket: orphan.bucket, uploadId: uploadIdFromKey(key), size })
  }
  await forgetOrphan(store, orphan)
}
