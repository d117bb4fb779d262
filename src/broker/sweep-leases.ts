/** Verifying uploads whose worker is gone: back to the queue, with the next fence. */

import { listDeadLeases } from '../store/leases.ts'
import { recordEnded, recordRetry } from '../store/transitions.ts'
import type { Deps } from './deps.ts'
import { isGivenUp } from './lease-upload.ts'

type SweepDeps = Pick<Deps, 'store' | 'limits' | 'log' | 'now' | 'wakeWorkers'>

export async function sweepLeases(deps: SweepDeps, batch: number): Promise<number> {
  const at = deps.now()
  const dead = await listDeadLeases(deps.store, at, batch)
  for (const upload of dead) {
    const when = { at, cause: 'sweep', detail: 'the lease ended without a verdict' } as const
    const moved = isGivenUp(deps, upload, at)
      ? await recordEnded(deps.store, upload, 'failed', when)
      : await recordRetry(deps.store, upload, { dueAt: at, observed: upload.observed }, when)
    if (moved) deps.log.warn('lease.lost', { uploadId: upload.id, fence: upload.fence })
  }
  if (dead.length > 0) deps.wakeWorkers()
  return dead.length
}
