/** Settled events past their retention. */

import { deleteSettledEvents } from '../store/inbox.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'

export const sweepInbox = (
  { store, limits, now }: Pick<Deps, 'store' | 'limits' | 'now'>,
  batch: number,
): Promise<number> =>
  deleteSettledEvents(store, addSeconds(now(), -limits.inboxRetentionSeconds), batch)
