/** Calls of the store that end by themselves, whatever the store does. */

export const CALL_TIMEOUT_MS = 15_000

export type Bounds = { abortSignal: AbortSignal }

type Limits = {
  /** Milliseconds. */
  most?: number
  /** Aborts when the caller no longer wants the answer. */
  signal?: AbortSignal | undefined
}

/**
 * With a timer of its own, gone with the answer: that of `AbortSignal.timeout` lasts its whole time, and
 * `AbortSignal.any` leaves something in its sources for ever (Node 20).
 */
export async function inTime<T>(
  call: (bounds: Bounds) => Promise<T>,
  { most = CALL_TIMEOUT_MS, signal }: Limits = {},
): Promise<T> {
  const own = new AbortController()
  const abort = (): void => own.abort()
  const timer = setTimeout(abort, most)
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  try {
    return await call({ abortSignal: own.signal })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
