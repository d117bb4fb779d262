/** The rules that tests deliver webhooks by: those of production, with receivers on this machine. */

import type { Broker } from '../../src/broker/broker.ts'
import type { NewWebhook } from '../../src/store/webhooks.ts'

export const WEBHOOK_RULES = {
  allowPrivate: true,
  timeoutMs: 15_000,
  leaseSeconds: 30,
  scheduleSeconds: [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400],
  hopelessSeconds: 432_000,
  deliveredKeptSeconds: 604_800,
  deadKeptSeconds: 2_592_000,
}

/** Sends everything that is due now, as the dispatcher would. @returns how many attempts that were. */
export async function sendAllDue(broker: Broker): Promise<number> {
  const never = new AbortController().signal
  let sent = 0
  for (const isSuspect of [false, true]) {
    for (const id of await broker.dueEndpoints({ isSuspect, afterId: '', limit: 1000 })) {
      const claims = await broker.claimFor(id, 1000)
      await Promise.all(claims.map((claim) => broker.deliver(claim, never)))
      sent += claims.length
    }
  }
  return sent
}

/** A row of an endpoint that listens to everything. */
export const aWebhook = (id: string, change: Partial<NewWebhook> = {}): NewWebhook => ({
  id,
  tenant: 't',
  url: `https://example.org/${id}`,
  events: null,
  profiles: null,
  description: null,
  secret: `sealed ${id}`,
  created_at: 0,
  ...change,
})
