/** Writes down what became of an attempt, also when the records are away just then. */

import { setTimeout as pause } from 'node:timers/promises'
import { isProblem } from '../problems.ts'
import { addSeconds } from '../upload/policy.ts'
import type { WebhookDeps } from './webhook-deps.ts'

const BETWEEN_MS = 250

/**
 * Tries for as long as the lease may last: an outcome that nobody knows of is an attempt made twice.
 * @param write changes nothing once the claim is somebody else's, so it may be repeated.
 */
export async function writeDown<T>(
  { now, webhooks }: Pick<WebhookDeps, 'now' | 'webhooks'>,
  stop: AbortSignal,
  write: () => Promise<T>,
): Promise<T> {
  const giveUpAt = addSeconds(now(), webhooks.leaseSeconds)
  for (;;) {
    try {
      return await write()
    } catch (error) {
      const isHopeless = stop.aborted || now() > giveUpAt
      if (isHopeless || !isProblem(error, 'records-unavailable')) throw error
    }
    await pause(BETWEEN_MS)
  }
}
