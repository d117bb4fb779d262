/** What is to be sent now, taken endpoint by endpoint so that a full queue of one delays no other. */

import {
  claimDeliveries,
  isAnythingDue,
  listDueEndpoints,
  type Claim,
} from '../store/delivery-queue.ts'
import { addSeconds } from '../upload/policy.ts'
import type { WebhookDeps } from './webhook-deps.ts'

type QueueDeps = Pick<WebhookDeps, 'store' | 'now' | 'webhooks'>

/** So many failures in a row make an endpoint a suspect: it then gets one attempt at a time. */
const SUSPECT_FROM = 5

export type Turn = { isSuspect: boolean; afterId: string; limit: number }

export const isDeliveryDue = ({ store, now }: QueueDeps): Promise<boolean> =>
  isAnythingDue(store, now())

/** Ids of endpoints that something is due to, in the order of their ids. */
export const dueEndpoints = ({ store, now }: QueueDeps, turn: Turn): Promise<string[]> =>
  listDueEndpoints(store, { ...turn, now: now(), suspectFrom: SUSPECT_FROM })

/** Whether an endpoint that is no suspect still waits for what was due before then. */
export async function isAnythingLate({ store }: Pick<QueueDeps, 'store'>, dueBefore: Date) {
  const asked = { now: dueBefore, suspectFrom: SUSPECT_FROM, isSuspect: false }
  return (await listDueEndpoints(store, { ...asked, afterId: '', limit: 1 })).length > 0
}

export function claimFor(
  { store, now, webhooks }: QueueDeps,
  webhookId: string,
  limit: number,
): Promise<Claim[]> {
  const at = now()
  const lease = { now: at, until: addSeconds(at, webhooks.leaseSeconds) }
  return claimDeliveries(store, webhookId, lease, limit)
}

export type { Claim }
