/** What one change of state counts as, in the numbers that operators look at. */

import { isFinal } from './transitions.ts'
import type { Cause, UploadState } from './upload.ts'

export type Measure = 'states' | 'arrivals' | 'rejections' | 'timeToReady'

type Counted = { measure: Measure; name: string }

export type Change = {
  state: UploadState
  /** Null: the upload was created. */
  previousState: UploadState | null
  at: Date
  cause: Cause
  detail: string | null
  /** When the object that was verified had arrived. */
  receivedAt: Date | null
}

/** Upper ends in seconds, inclusive; what took longer is `more`. */
const TIMES_TO_READY = [0.25, 0.5, 1, 2, 5, 15, 60, 300]

/** Nothing for the steps in between: retries and leases are no news. */
export function countedAs({ state, previousState, at, cause, detail, receivedAt }: Change) {
  const counted: Counted[] = []
  const count = (measure: Measure, name: string) => void counted.push({ measure, name })
  if (previousState === null || isFinal(state)) count('states', state)
  if (state === 'received' && previousState === 'pending') count('arrivals', cause)
  if (state === 'rejected') count('rejections', detail ?? 'unknown')
  if (state === 'ready' && receivedAt) count('timeToReady', timeToReady(receivedAt, at))
  return counted
}

function timeToReady(receivedAt: Date, at: Date): string {
  const seconds = (at.getTime() - receivedAt.getTime()) / 1000
  const end = TIMES_TO_READY.find((longest) => seconds <= longest)
  return end === undefined ? 'more' : String(end)
}
