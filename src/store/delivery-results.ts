/** What became of an attempt. Only the latest claim may say so; a late one changes nothing. */

import type { Transaction } from 'kysely'
import type { Claim } from './delivery-queue.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

type Trx = Transaction<Schema>

type Change = { state: 'pending' | 'delivered' | 'dead'; due_at: number | null } & {
  attempts?: number
  last_status?: number | null
  last_error?: string | null
  settled_at?: number | null
}

async function settle(trx: Trx, { id, claim }: Claim, change: Change): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('deliveries')
    .set(change)
    .where('id', '=', id)
    .where('claim', '=', claim)
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/**
 * Both this and `recordFailed` write to the delivery, then to its endpoint: in the order of the
 * endpoints, so that two nodes never hold one and wait for the other.
 */
const orderOf = ({ webhook_id, id }: Claim): string => `${webhook_id}/${id}`

/** False when the delivery was taken or settled by somebody else. */
export const recordDelivered = (
  store: Store,
  claim: Claim,
  status: number,
  at: Date,
): Promise<boolean> =>
  store.write(async (trx) => {
    const isOurs = await settle(trx, claim, {
      state: 'delivered',
      due_at: null,
      attempts: claim.attempts + 1,
      last_status: status,
      last_error: null,
      settled_at: at.getTime(),
    })
    if (isOurs) await forgetFailures(trx, claim.webhook_id)
    return isOurs
  }, orderOf(claim))

const forgetFailures = (trx: Trx, webhookId: string) =>
  trx
    .updateTable('webhooks')
    .set({ failures: 0, failing_since: null })
    .where('id', '=', webhookId)
    .where('failures', '>', 0)
    .execute()

export type Failure = {
  at: Date
  status: number | null
  error: string
  /** Null: the schedule is over, and this is a dead letter. */
  dueAt: Date | null
  /** Why the endpoint is to be disabled now, whatever it did before; null: it is not. */
  disable: string | null
  /** An endpoint that has failed since before this is disabled. */
  hopelessSince: Date
  hopelessReason: string
}

/** @returns whether the endpoint was disabled by this, or null when the claim was no longer ours. */
export const recordFailed = (
  store: Store,
  claim: Claim,
  failure: Failure,
): Promise<{ isDisabled: boolean } | null> =>
  store.write(async (trx) => {
    const { at, status, error, dueAt } = failure
    const isOurs = await settle(trx, claim, {
      state: dueAt ? 'pending' : 'dead',
      due_at: dueAt?.getTime() ?? null,
      attempts: claim.attempts + 1,
      last_status: status,
      last_error: error,
      settled_at: dueAt ? null : at.getTime(),
    })
    if (!isOurs) return null
    await countFailure(trx, claim.webhook_id, at)
    return { isDisabled: await disable(trx, claim.webhook_id, failure) }
  }, orderOf(claim))

const countFailure = (trx: Trx, webhookId: string, at: Date) =>
  trx
    .updateTable('webhooks')
    .set((column) => ({
      failures: column('failures', '+', 1),
      failing_since: column.fn.coalesce('failing_since', column.val(at.getTime())),
    }))
    .where('id', '=', webhookId)
    .execute()

async function disable(trx: Trx, webhookId: string, failure: Failure): Promise<boolean> {
  const { disable: reason, hopelessSince, hopelessReason } = failure
  const { numUpdatedRows } = await trx
    .updateTable('webhooks')
    .set({ state: 'disabled', disabled_reason: reason ?? hopelessReason })
    .where('id', '=', webhookId)
    .where('state', '=', 'enabled')
    .$if(reason === null, (query) => query.where('failing_since', '<=', hopelessSince.getTime()))
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** The attempt was cut off: due again at once, and no step of the schedule is used up. */
export const releaseClaim = (store: Store, claim: Claim, dueAt: Date): Promise<boolean> =>
  store.write(
    (trx) => settle(trx, claim, { state: 'pending', due_at: dueAt.getTime() }),
    orderOf(claim),
  )
