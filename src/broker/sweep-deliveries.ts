/** The outbox kept tidy and measured: dead letters of disabled endpoints, and what has been kept long enough. */

import {
  buryUndeliverable,
  deleteEmptyWebhooks,
  deleteSettledDeliveries,
  measureOutbox,
} from '../store/delivery-sweeps.ts'
import { countDeadLetters } from '../store/dead-letters.ts'
import { addSeconds } from '../upload/policy.ts'
import { isAnythingLate } from './claim-deliveries.ts'
import type { WebhookDeps } from './webhook-deps.ts'

type SweepDeps = Pick<WebhookDeps, 'store' | 'now' | 'webhooks' | 'meter'>

/** Longer than any transaction that may still announce something to an endpoint just deleted. */
const TOMBSTONE_SECONDS = 3_600

/** Of what is due, nothing waits that long while somebody sends. */
const LATE_SECONDS = 60
const LATELY_SECONDS = 3_600
const MOST_COUNTED = 10_000

/** @returns the most that one of its parts did, so that a full batch is followed by another. */
export async function sweepDeliveries(deps: SweepDeps, batch: number): Promise<number> {
  const { store, now, webhooks } = deps
  const at = now()
  const ago = (seconds: number): Date => addSeconds(at, -seconds)
  const done = [
    await buryUndeliverable(store, at, batch),
    await deleteSettledDeliveries(store, 'delivered', ago(webhooks.deliveredKeptSeconds), batch),
    await deleteSettledDeliveries(store, 'dead', ago(webhooks.deadKeptSeconds), batch),
    await deleteEmptyWebhooks(store, ago(TOMBSTONE_SECONDS), batch),
  ]
  await measure(deps, at)
  return Math.max(...done)
}

async function measure({ store, meter }: SweepDeps, at: Date): Promise<void> {
  const { depth, oldestAt } = await measureOutbox(store)
  meter.outbox(depth, oldestAt ? (at.getTime() - oldestAt.getTime()) / 1000 : 0)
  const isLate = await isAnythingLate({ store }, addSeconds(at, -LATE_SECONDS))
  const dead = await countDeadLetters(store, addSeconds(at, -LATELY_SECONDS), MOST_COUNTED)
  meter.outboxTrouble(isLate, dead)
}
