/** When to look again: pending uploads on a schedule of their own, failed attempts with backoff. */

import { addSeconds } from './policy.ts'
import type { Upload } from './upload.ts'

/** Seconds after issue. A lost event costs seconds, not a slot's whole life. */
const LOOKS_AFTER_SECONDS = [15, 45, 120, 300]

const BACKOFF_MAX_SECONDS = 600

type Timed = Pick<Upload, 'createdAt' | 'slotExpiresAt' | 'landBy'>

/** The next planned look at a pending upload, strictly after `now`; `landBy` once that has passed. */
export function nextLookAt({ createdAt, slotExpiresAt, landBy }: Timed, now: Date): Date {
  const early = LOOKS_AFTER_SECONDS.map((seconds) => addSeconds(createdAt, seconds))
  const planned = [...early, slotExpiresAt, landBy].sort((a, b) => a.getTime() - b.getTime())
  return planned.find((moment) => moment > now && moment <= landBy) ?? landBy
}

/**
 * 1 s, 2 s, 4 s … 10 min after the given number of attempts, less up to half of it, so that what
 * failed together does not come back together.
 * @param random 0 to 1
 */
export const backoffSeconds = (attempts: number, random: number): number =>
  Math.min(BACKOFF_MAX_SECONDS, 2 ** Math.max(0, attempts - 1)) * (1 - random / 2)
