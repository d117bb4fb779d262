/** Which state may follow which: the one table, in code; the database holds the same pairs. */

import type { UploadState } from './upload.ts'

export const NEXT_STATES: Record<UploadState, readonly UploadState[]> = {
  pending: ['received', 'expired', 'canceled'],
  // Back to pending when the object is gone again before it was claimed.
  received: ['verifying', 'pending', 'canceled', 'expired'],
  // Back to received when an attempt ends without a verdict: retry, lease lost, drain.
  verifying: ['ready', 'rejected', 'received', 'failed', 'canceled'],
  ready: ['deleted'],
  // An operator may retry what the infrastructure gave up on.
  failed: ['received'],
  rejected: [],
  expired: [],
  canceled: [],
  deleted: [],
}

const FINAL: readonly UploadState[] = [
  'ready',
  'rejected',
  'expired',
  'canceled',
  'failed',
  'deleted',
]

export const isLegal = (from: UploadState, to: UploadState): boolean =>
  NEXT_STATES[from].includes(to)

/** Final for the caller: nothing more happens by itself. */
export const isFinal = (state: UploadState): boolean => FINAL.includes(state)

export const finalStates = (): readonly UploadState[] => FINAL
