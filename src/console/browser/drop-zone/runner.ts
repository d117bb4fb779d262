/** Sends what waits on the shelf, a few files at a time. */

import type { Berth } from './berth.ts'
import { failureInWords } from './in-words.ts'
import type { Item } from './item.ts'
import { sendFile } from './send-file.ts'
import type { Shelf } from './shelf.ts'

export type Runner = {
  /** Begins with what waits, as far as there is room. */
  fill: () => void
  /** Whatever it was doing ends, and is heard of no more. */
  halt: (key: number) => void
}

/** Browsers open six connections to a host, and some are needed to ask how it goes. */
const AT_ONCE = 3

export function createRunner(berth: Berth, shelf: Shelf): Runner {
  const running = new Map<number, AbortController>()

  const run = async (item: Item, stop: AbortController): Promise<void> => {
    // What comes in after it was stopped is no news of the present try.
    const told = (to: Partial<Item>): void => {
      if (!stop.signal.aborted) shelf.change(item.key, to)
    }
    try {
      await sendFile(berth, item, told, stop.signal)
    } catch (error) {
      const { words, mayTryAgain } = failureInWords(error, item.file)
      told({ phase: mayTryAgain ? 'stopped' : 'refused', said: words, rate: null })
    } finally {
      running.delete(item.key)
      fill()
    }
  }
  const fill = (): void => {
    for (const item of shelf.all()) {
      if (running.size >= AT_ONCE) return
      // One that goes on soon after it was stopped waits until its last try has ended.
      if (item.phase !== 'waiting' || running.has(item.key)) continue
      const stop = new AbortController()
      running.set(item.key, stop)
      void run(item, stop)
    }
  }
  return { fill, halt: (key) => running.get(key)?.abort() }
}
