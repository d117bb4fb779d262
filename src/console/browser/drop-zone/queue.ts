/** What can be done to the files of the page: all of them wait for a turn, and each can be stopped. */

import { linkTo, type Berth } from './berth.ts'
import { failureInWords } from './in-words.ts'
import { isOver, mayPause, mayResume, type Item } from './item.ts'
import { forget } from './left-over.ts'
import { createRunner, type Runner } from './runner.ts'
import { createShelf, type Shelf } from './shelf.ts'

export type Queue = {
  add: (files: readonly File[]) => void
  pause: (key: number) => void
  resume: (key: number) => void
  cancel: (key: number) => void
  /** By a fresh link: the page may have been open for longer than the last one is good. */
  download: (key: number) => void
  pauseAll: () => void
  resumeAll: () => void
  /** Takes what is over off the list. */
  clear: () => void
}

type Parts = { berth: Berth; shelf: Shelf; runner: Runner }

export function createQueue(berth: Berth, show: (items: readonly Item[]) => void): Queue {
  const shelf = createShelf(show)
  const runner = createRunner(berth, shelf)
  const parts = { berth, shelf, runner }
  const pause = (key: number): void => pauseOne(parts, key)
  const resume = (key: number): void => resumeOne(parts, key)
  return {
    add: (files) => {
      shelf.add(files)
      runner.fill()
    },
    pause,
    resume,
    cancel: (key) => cancelOne(parts, key),
    download: (key) => void downloadOne(parts, key),
    pauseAll: () => {
      // Those that wait first, or they would take the places of those that stop.
      for (const { key, phase } of shelf.all()) if (phase === 'waiting') pause(key)
      for (const { key } of shelf.all()) pause(key)
    },
    resumeAll: () => {
      for (const { key } of shelf.all()) resume(key)
    },
    clear: () => shelf.keep((item) => !isOver(item)),
  }
}

function pauseOne(parts: Parts, key: number): void {
  const item = parts.shelf.find(key)
  if (!item || !mayPause(item)) return
  stopOne(parts, key, 'paused')
  parts.runner.fill()
}

function stopOne({ shelf, runner }: Parts, key: number, phase: Item['phase']): void {
  runner.halt(key)
  shelf.change(key, { phase, rate: null, said: null })
}

function resumeOne({ shelf, runner }: Parts, key: number): void {
  const item = shelf.find(key)
  if (item && mayResume(item)) shelf.change(key, { phase: 'waiting', said: null })
  runner.fill()
}

function cancelOne(parts: Parts, key: number): void {
  const item = parts.shelf.find(key)
  if (!item || isOver(item)) return
  stopOne(parts, key, 'canceled')
  void withdraw(parts, item)
  parts.runner.fill()
}

/** Berth forgets an unused slot by itself, so a call that fails does no harm. */
async function withdraw({ berth, shelf }: Parts, { key, id }: Item): Promise<void> {
  if (id === null) return
  forget(id)
  const ended = await berth.uploader.cancel(id).catch(() => null)
  if (ended) shelf.change(key, { ended })
}

async function downloadOne({ berth, shelf }: Parts, key: number): Promise<void> {
  const item = shelf.find(key)
  if (!item?.id) return
  try {
    const downloadUrl = await linkTo(berth, item.id)
    shelf.change(key, { downloadUrl })
    // The store sends it as an attachment, so the page stays.
    location.assign(downloadUrl)
  } catch (error) {
    shelf.change(key, { said: failureInWords(error, item.file).words })
  }
}
