/** Calls of the store that end by themselves, whatever the store does. */

import { linkedTo } from '../linked-signal.ts'

export const CALL_TIMEOUT_MS = 15_000

export type Bounds = { abortSignal: AbortSignal }

type Limits = {
  /** Milliseconds. */
  most?: number
  /** Aborts when the caller no longer wants the answer. */
  signal?: AbortSignal | undefined
}

/**
 * With a timer of its own, gone with the answer: that of `AbortSignal.timeout` lasts its whole time.
 */
export async function inTime<T>(
  call: (bounds: Bounds) => Promise<T>,
  { most = CALL_TIMEOUT_MS, signal }: Limits = {},
): Promise<T> {
  const { signal: abortSignal, abort, release } = linkedTo(signal)
  const timer = setTimeout(abort, most)
  try {
    return await call({ abortSignal })
  } finally {
    clearTimeout(timer)
    release()
  }
}
