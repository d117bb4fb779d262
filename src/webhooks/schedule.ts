/** When a delivery that failed is tried again. */

/** Two nodes, or two endpoints behind one proxy, should not come back in the same instant. */
const JITTER = 0.1

/** A receiver may ask for patience, but not for silence. */
const LONGEST_WAIT_SECONDS = 86_400

export type Attempted = {
  /** How many attempts have ended, this one included. */
  attempts: number
  /** What the receiver asked for. */
  retryAfterSeconds: number | null
}

/**
 * Seconds until the next attempt; null when that was the last one.
 * @param schedule seconds before each attempt, the first included.
 * @param random 0 to 1.
 */
export function nextDelaySeconds(
  schedule: readonly number[],
  { attempts, retryAfterSeconds }: Attempted,
  random: number,
): number | null {
  const step = schedule[attempts]
  if (step === undefined) return null
  const jittered = step * (1 + JITTER * (2 * random - 1))
  // Never earlier than asked for.
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(jittered, retryAfterSeconds ?? 0))
}
