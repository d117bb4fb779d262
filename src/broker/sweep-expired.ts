/** Rows that mean nothing after a moment of their own: idempotency keys, upload tokens, counts of requests. */

import { deleteExpiredKeys } from '../store/idempotency.ts'
import { deleteRateCounts } from '../store/rate-counts.ts'
import { deleteExpiredTokens } from '../store/upload-tokens.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'

// A token is still taken for a while after its expiry, for clocks that differ.
const TOKEN_GRACE_SECONDS = 600

const KEPT_MINUTES = 5

/** @returns how many went, of the kind that has most. */
export async function sweepExpired(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  batch: number,
): Promise<number> {
  const at = now()
  const keys = await deleteExpiredKeys(store, at, batch)
  const tokens = await deleteExpiredTokens(store, addSeconds(at, -TOKEN_GRACE_SECONDS), batch)
  const minute = Math.floor(at.getTime() / 60_000)
  const counts = await deleteRateCounts(store, minute - KEPT_MINUTES, batch)
  return Math.max(keys, tokens, counts)
}
