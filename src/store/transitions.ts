/** Every change of state by name: what it sets, and what commits with it. */

import type { Cause, Observed, Rejection, Upload, VerifiedObject } from '../upload/upload.ts'
import { advance, type Step } from './advance.ts'
import { forgetClaim, keepForCollection, rememberClaim } from './claims.ts'
import type { Store } from './store.ts'
import { fromObject } from './upload-row.ts'

type When = { at: Date; cause: Cause; detail?: string }

/** Null from any of these: somebody else moved the upload first. */
type Moved = Promise<Upload | null>

const NOTHING_DUE = { due_at: null, lease_node: null }

/** Due at once: the next free worker takes it. */
export const recordReceived = (
  store: Store,
  upload: Upload,
  observed: Observed,
  when: When,
): Moved =>
  advance(store, upload, {
    ...when,
    to: 'received',
    set: {
      observed: JSON.stringify(observed),
      received_at: when.at.getTime(),
      due_at: when.at.getTime(),
    },
  })

export type Lease = { node: string; until: Date; sealedKey: string; graceMs: number }

/** The sealed key is recorded before anything is copied to it, so that it can always be collected. */
export const recordLease = (store: Store, upload: Upload, lease: Lease, when: When): Moved =>
  advance(store, upload, {
    ...when,
    to: 'verifying',
    isClaim: true,
    set: {
      fence: upload.fence + 1,
      attempts: upload.attempts + 1,
      lease_node: lease.node,
      sealed_key: lease.sealedKey,
      due_at: lease.until.getTime(),
    },
    also: (trx) =>
      rememberClaim(trx, {
        sealed_key: lease.sealedKey,
        bucket: upload.bucket,
        upload_id: upload.id,
        fence: upload.fence + 1,
        grace_ms: lease.graceMs,
        collect_at: when.at.getTime() + lease.graceMs,
      }),
  })

export const recordReady = (
  store: Store,
  upload: Upload,
  object: VerifiedObject,
  when: When,
): Moved =>
  advance(store, upload, {
    ...when,
    to: 'ready',
    set: { ...NOTHING_DUE, object: fromObject(object) },
    also: (trx) => forgetClaim(trx, upload.sealedKey ?? ''),
  })

export const recordRejected = (
  store: Store,
  upload: Upload,
  rejection: Rejection,
  when: When,
): Moved =>
  advance(store, upload, {
    ...when,
    to: 'rejected',
    detail: rejection.reason,
    set: { ...NOTHING_DUE, rejection: JSON.stringify(rejection) },
  })

/** Back to the queue. `observed: null` makes the next attempt look at the staging object anew. */
export const recordRetry = (
  store: Store,
  upload: Upload,
  next: { dueAt: Date; observed: Observed | null },
  when: When,
): Moved =>
  advance(store, upload, {
    ...when,
    to: 'received',
    set: {
      due_at: next.dueAt.getTime(),
      lease_node: null,
      observed: next.observed && JSON.stringify(next.observed),
    },
  })

/** The object was gone again before it was claimed. */
export const recordGone = (store: Store, upload: Upload, dueAt: Date, when: When): Moved =>
  advance(store, upload, {
    ...when,
    to: 'pending',
    // It was what the parts had become: they would have to be sent again.
    set: {
      due_at: dueAt.getTime(),
      observed: null,
      received_at: null,
      assembly: null,
      completing_since: null,
    },
  })

/** What an operator may still reopen keeps its staging object for a week. */
const FAILED_KEPT_MS = 7 * 86_400_000

/** The staging object goes once no PUT can land any more; of a failed upload it is the only copy. */
export const recordEnded = (
  store: Store,
  upload: Upload,
  to: 'expired' | 'canceled' | 'failed',
  when: When,
): Moved => {
  const kept = to === 'failed' && { staging_due_at: when.at.getTime() + FAILED_KEPT_MS }
  const isByDeadline = to === 'expired'
  return advance(store, upload, { ...when, to, isByDeadline, set: { ...NOTHING_DUE, ...kept } })
}

/** The object itself goes with the next sweep; from this commit on it is no longer given out. */
export const recordDeleted = (store: Store, upload: Upload, when: When): Moved =>
  advance(store, upload, { ...when, to: 'deleted', also: collectObject(upload, when.at) })

const collectObject = (upload: Upload, at: Date): NonNullable<Step['also']> => {
  const { sealedKey, bucket, id, fence } = upload
  return (trx) => keepForCollection(trx, { sealedKey, bucket, id, fence, at })
}

/** An operator reopens what the infrastructure gave up on. */
export const recordReopened = (store: Store, upload: Upload, when: When): Moved =>
  advance(store, upload, {
    ...when,
    to: 'received',
    set: {
      due_at: when.at.getTime(),
      received_at: when.at.getTime(),
      attempts: 0,
      observed: null,
      staging_due_at: upload.landBy.getTime(),
    },
  })
