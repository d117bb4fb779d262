/** One signal per node: which upload has just changed. */

import { EventEmitter } from 'node:events'

export type Changes = {
  announce: (uploadId: string) => void
  /** Resolves at the upload's next change, after `waitMs`, or when the signal aborts. */
  next: (uploadId: string, waitMs: number, signal: AbortSignal) => Promise<void>
}

export function createChanges(): Changes {
  const emitter = new EventEmitter()
  emitter.setMaxListeners(0)

  const next: Changes['next'] = (uploadId, waitMs, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        emitter.off(uploadId, done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, waitMs)
      emitter.once(uploadId, done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
    })

  return { announce: (uploadId) => void emitter.emit(uploadId), next }
}
