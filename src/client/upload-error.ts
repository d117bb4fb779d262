/** The one error of the SDK: why there is no ready upload, and all that is known of it. */

import type { StoreRefusal } from './explain.ts'
import type { Problem, Upload } from './record.ts'

type Known = {
  /** Berth's refusal. */
  problem?: Problem
  /** The object store's, in words. */
  store?: StoreRefusal
  /** The record, when the upload ended otherwise than ready. */
  upload?: Upload
  /** Seconds that were asked for before the next try. */
  retryAfter?: number
  cause?: unknown
}

/**
 * `refused`: Berth said no, see `problem`. `store`: the object store did, see `store`.
 * `unreachable`: nobody answered. `not-ready`: the upload has ended, see `upload`.
 */
export type UploadErrorCode = 'refused' | 'store' | 'unreachable' | 'not-ready'

/** The message is written for whoever uploads. */
export class UploadError extends Error {
  override readonly name = 'UploadError'
  readonly code: UploadErrorCode
  readonly problem: Problem | null = null
  readonly store: StoreRefusal | null = null
  readonly upload: Upload | null = null
  readonly retryAfter: number = 0

  constructor(code: UploadErrorCode, message: string, known: Known = {}) {
    super(message)
    this.code = code
    Object.assign(this, known)
  }
}

/** Whether it is one of these: a problem's name, a reason of the store's, or else a code. */
export const isRefusal = (error: unknown, ...names: string[]): error is UploadError =>
  error instanceof UploadError &&
  names.includes(error.problem?.type.replace(/.*\//, '') ?? error.store?.reason ?? error.code)
