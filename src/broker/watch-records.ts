/** What is under way, measured for whoever watches: nothing depends on it. */

import { countNewEvents, countOpenUploads } from '../store/count-open.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'

const OPEN_STATES = ['pending', 'received', 'verifying'] as const

/** A step that is a minute late was not just waiting for its turn. */
const OVERDUE_SECONDS = 60

/** @returns 0: there is never a batch left over. */
export async function watchRecords(deps: Pick<Deps, 'store' | 'now' | 'meter'>): Promise<number> {
  const now = deps.now()
  const moments = { now, overdueBefore: addSeconds(now, -OVERDUE_SECONDS) }
  for (const state of OPEN_STATES) {
    deps.meter.openUploads(state, await countOpenUploads(deps.store, state, moments))
  }
  deps.meter.inbox(await countNewEvents(deps.store, now))
  return 0
}
