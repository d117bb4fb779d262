/** Work with a signal of its own, so that nothing listens or waits when it is over. */

/**
 * Rejects with the signal's reason as soon as it aborts, whatever the work does.
 * @param act is given what ends with that signal, and aborts once the work is over.
 */
export async function within<T>(
  signal: AbortSignal,
  act: (own: AbortController) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const own = new AbortController()
  const end = (): void => own.abort(signal.reason)
  // Let go of by the end of our own.
  signal.addEventListener('abort', end, own)
  try {
    const ended = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason as Error))
    })
    return await Promise.race([ended, act(own)])
  } finally {
    own.abort()
  }
}

type Page = {
  addEventListener?: (type: string, listener: () => void, until: AbortController) => void
}

/** Until that aborts; never, where nobody tells. */
export const listen = (type: 'online' | 'offline', hear: () => void, own: AbortController): void =>
  (globalThis as Page).addEventListener?.(type, hear, own)
