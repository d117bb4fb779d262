/** Sends what waits on the shelf, a few files at a time. */

import { isAbort, type Api } from '../shared/call.ts'
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

export function createRunner(api: Api, shelf: Shelf): Runner {
  const running = new Map<number, AbortController>()

  const run = async (item: Item, stop: AbortController): Promise<void> => {
    // What comes in after it was stopped is no news of the present try.
    const isCurrent = (): boolean => running.get(item.key) === stop
    const told = (to: Partial<Item>): void => {
      if (isCurrent()) shelf.change(item.key, to)
    }
    try {
      await sendFile(api, item, told, stop.signal)
    } catch (error) {
      if (isAbort(error)) return
      const { words, mayTryAgain } = failureInWords(error, item.file)
      told({ phase: mayTryAgain ? 'stopped' : 'refused', said: words })
    } finally {
      if (isCurrent()) running.delete(item.key)
      fill()
    }
  }
  const fill = (): void => {
    for (const item of shelf.all()) {
      if (running.size >= AT_ONCE) return
      if (item.phase !== 'waiting' || running.has(item.key)) continue
      const stop = new AbortController()
      running.set(item.key, stop)
      void run(item, stop)
    }
  }
  const halt = (key: number): void => {
    const stop = running.get(key)
    running.delete(key)
    stop?.abort()
  }
  return { fill, halt }
}
