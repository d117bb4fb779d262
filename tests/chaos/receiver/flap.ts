/** Lets the receiver go away and come back as planned, until it is told to stay. */

import type { Lines } from '../lines.ts'
import { pause, pauseUntil } from '../pause.ts'
import type { Absence } from './manners.ts'
import type { Receiver } from './receiver.ts'

export type Flapping = {
  /** Resolves when the receiver is there for good. */
  stop: () => Promise<void>
}

export function flap(receiver: Receiver, planned: readonly Absence[], lines: Lines): Flapping {
  const startedAt = Date.now()
  const stopping = new AbortController()
  const stopped = new Promise<void>((resolve) =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  const play = async (): Promise<void> => {
    for (const { after, forMs } of planned) {
      await Promise.race([pauseUntil(startedAt + after), stopped])
      if (stopping.signal.aborted) return
      lines.write({ at: Date.now(), event: 'begins', planned: after, kind: 'receiver-away' })
      await receiver.goAway()
      await pause(forMs)
      await receiver.comeBack()
      lines.write({ at: Date.now(), event: 'over', planned: after, kind: 'receiver-away' })
    }
  }
  const played = play()
  played.catch(() => undefined)
  return {
    stop: async () => {
      stopping.abort()
      await played
    },
  }
}
