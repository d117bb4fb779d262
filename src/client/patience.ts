/** Trying again: later each time, spread by chance, and not while the browser is offline. */

import { isRefusal, UploadError } from './upload-error.ts'
import { listen, within } from './within.ts'

export type Patience = {
  /** How often something is tried that may succeed later. */
  tries: number
  /** Milliseconds before the second try; twice that before the third, and so on to half a minute. */
  pauseMs: number
}

const LONGEST_PAUSE_MS = 30_000

const isOffline = (): boolean =>
  (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false

export type Attempts = Patience & {
  signal: AbortSignal
  /** Told when it has to wait for the network. */
  onOffline?: () => void
}

/** @param act is told which try it is, from 1. */
export async function trying<T>(
  { tries, pauseMs, signal, onOffline }: Attempts,
  act: (nth: number) => Promise<T>,
): Promise<T> {
  for (let nth = 1; ;) {
    signal.throwIfAborted()
    try {
      return await act(nth)
    } catch (error) {
      signal.throwIfAborted()
      if (!mayPass(error)) throw error
      if (isOffline()) {
        // Costs no try: a train may be in its tunnel for an hour.
        onOffline?.()
        await untilOnline(signal)
        continue
      }
      if (!(nth < tries)) throw error
      const longest = Math.min(pauseMs * 2 ** (nth - 1), LONGEST_PAUSE_MS)
      await pause(Math.max(error.retryAfter * 1000, longest * (0.5 + Math.random() / 2)), signal)
      nth += 1
    }
  }
}

function mayPass(error: unknown): error is UploadError {
  if (isRefusal(error, 'unreachable', 'busy', 'expired')) return true
  const problem = (error as UploadError | null)?.problem
  return !!problem && /^(429|50\d)|in-progress$/.test(`${problem.status} ${problem.type}`)
}

/** Rejects with the signal's reason. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  within(
    signal,
    (own) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        own.signal.onabort = () => clearTimeout(timer)
      }),
  )

const untilOnline = (signal: AbortSignal): Promise<void> =>
  within(signal, (own) => new Promise((resolve) => listen('online', resolve, own)))
