/** Rows that mean nothing after a moment of their own: idempotency keys, upload tokens. */

import { deleteExpiredKeys } from '../store/idempotency.ts'
import { deleteExpiredTokens } from '../store/upload-tokens.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'

// A token is still taken for a while after its expiry, for clocks that differ.
const TOKEN_GRACE_SECONDS = 600

/** @returns how many went, of the kind that has most. */
export async function sweepExpired(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  batch: number,
): Promise<number> {
  const at = now()
  const keys = await deleteExpiredKeys(store, at, batch)
  const tokens = await deleteExpiredTokens(store, addSeconds(at, -TOKEN_GRACE_SECONDS), batch)
  return Math.max(keys, tokens)
}
