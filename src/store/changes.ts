/** Which uploads have just changed: on this node at once, on another within a quarter of a second. */

export type Changes = {
  announce: (uploadId: string, version: number) => void
  /** Hears every change from now on; end it, or the node goes on asking for this upload. */
  listen: (uploadId: string) => Listener
  stop: () => void
}

type Listener = {
  /** Resolves once the upload is past this version, after `waitMs`, or when the signal aborts. */
  changedFrom: (version: number, waitMs: number, signal: AbortSignal) => Promise<void>
  end: () => void
}

export type Version = { id: string; version: number }

const POLL_MS = 250

/**
 * @param versionsOf what the database says now. Asked once for all who wait on this node, and only
 *   while somebody does: a notification would need a connection and a lock of its own, and a poll
 *   beside it for when it is lost.
 */
export function createChanges(versionsOf: (ids: string[]) => Promise<Version[]>): Changes {
  const listening = new Map<string, Set<(version: number) => void>>()
  let timer: NodeJS.Timeout | undefined

  const announce: Changes['announce'] = (uploadId, version) => {
    for (const hear of [...(listening.get(uploadId) ?? [])]) hear(version)
  }
  const poll = async (): Promise<void> => {
    // A database that is away now is asked again, and the waiting look themselves at their end.
    const versions = await versionsOf([...listening.keys()]).catch(() => [])
    for (const { id, version } of versions) announce(id, version)
  }
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      void poll().finally(() => {
        timer = undefined
        if (listening.size > 0) schedule()
      })
    }, POLL_MS).unref()
  }
  const listen: Changes['listen'] = (uploadId) => {
    const listener = createListener()
    const ears = listening.get(uploadId) ?? new Set()
    listening.set(uploadId, ears.add(listener.hear))
    schedule()
    const end = (): void => {
      ears.delete(listener.hear)
      if (ears.size === 0 && listening.get(uploadId) === ears) listening.delete(uploadId)
    }
    return { changedFrom: listener.changedFrom, end }
  }
  const stop = (): void => {
    listening.clear()
    clearTimeout(timer)
  }
  return { announce, listen, stop }
}

function createListener() {
  let latest = 0
  let wake = (): void => undefined
  const hear = (version: number): void => {
    latest = Math.max(latest, version)
    wake()
  }
  const changedFrom: Listener['changedFrom'] = (version, waitMs, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, waitMs)
      wake = () => {
        if (latest > version) done()
      }
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted) done()
      wake()
    })
  return { hear, changedFrom }
}
