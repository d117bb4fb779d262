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

/** Those who wait for one upload, and the latest version that they were told. */
type Ears = { version: number; all: Set<(version: number) => void> }

/**
 * @param newerThan those of these uploads that are past the version that is known here. Asked once
 *   for all who wait on this node, and only while somebody does: a notification would need a
 *   connection and a lock of its own, and a poll beside it for when it is lost.
 */
export function createChanges(newerThan: (known: Version[]) => Promise<Version[]>): Changes {
  const listening = new Map<string, Ears>()
  let timer: NodeJS.Timeout | undefined

  const announce: Changes['announce'] = (uploadId, version) => {
    const ears = listening.get(uploadId)
    if (!ears) return
    ears.version = Math.max(ears.version, version)
    for (const hear of [...ears.all]) hear(version)
  }
  const poll = async (): Promise<void> => {
    const known = [...listening].map(([id, { version }]) => ({ id, version }))
    // A database that is away now is asked again, and the waiting look themselves at their end.
    const versions = await newerThan(known).catch(() => [])
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
    const ears = listening.get(uploadId) ?? { version: 0, all: new Set() }
    listening.set(uploadId, ears)
    ears.all.add(listener.hear)
    schedule()
    const end = (): void => {
      ears.all.delete(listener.hear)
      if (ears.all.size === 0 && listening.get(uploadId) === ears) listening.delete(uploadId)
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
