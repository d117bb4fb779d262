/** One request to somebody who may be out of reach, or fall silent in the middle. */

import { UploadError } from './upload-error.ts'
import { listen, within } from './within.ts'

type Limits = {
  signal: AbortSignal
  /** Milliseconds after which a silent connection is dead. */
  longestMs: number
  /** For whoever uploads, when there is no answer. */
  words: string
}

/**
 * Rejects with `unreachable` when there is no answer, and with the signal's reason.
 * @param act is given what breaks it off, and what to call whenever it is heard of.
 */
export function reach<T>(
  { signal, longestMs, words }: Limits,
  act: (signal: AbortSignal, heard: () => void) => Promise<T>,
): Promise<T> {
  return within(signal, (own) => {
    const end = (): void => own.abort()
    let silence: ReturnType<typeof setTimeout>
    const heard = (): void => {
      clearTimeout(silence)
      silence = setTimeout(end, longestMs)
    }
    heard()
    own.signal.addEventListener('abort', () => clearTimeout(silence))
    listen('offline', end, own)
    return act(own.signal, heard)
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw error instanceof UploadError
      ? error
      : new UploadError('unreachable', words, { cause: error })
  })
}
