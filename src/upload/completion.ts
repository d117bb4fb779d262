/** How long a store may take to make one object of parts. */

import { addSeconds } from './policy.ts'

const COMPLETION_SECONDS = 60
const SLOW_STORE_BYTES_PER_SECOND = 10_000_000
const LONGEST_COMPLETION_SECONDS = 3600

/**
 * Whether a store may still be making one object of the parts. Some write the whole anew, and know
 * neither the parts nor the object until it is done; they go on when nobody waits any more.
 */
export function isCompleting(since: Date | null, size: number, now: Date): boolean {
  if (since === null) return false
  const seconds = COMPLETION_SECONDS + size / SLOW_STORE_BYTES_PER_SECOND
  return now < addSeconds(since, Math.min(LONGEST_COMPLETION_SECONDS, seconds))
}
