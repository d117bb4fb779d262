/** All files of the page: a few are sent at a time, and each can be paused, canceled and tried again. */

import { isAbort, type Api } from '../shared/call.ts'
import { failureInWords } from './in-words.ts'
import { isOver, mayPause, mayResume, newItem, type Item } from './item.ts'
import { linkTo, sendFile } from './send-file.ts'

export type Queue = {
  add: (files: readonly File[]) => void
  pause: (key: number) => void
  resume: (key: number) => void
  cancel: (key: number) => void
  /** By a fresh link: the page may have been open for longer than the last one is good. */
  download: (key: number) => void
  pauseAll: () => void
  resumeAll: () => void
  /** The network is gone, or back. */
  networkChanged: (isThere: boolean) => void
  /** Takes what is over off the list. */
  clear: () => void
}

/** Browsers open six connections to a host, and some are needed to ask how it goes. */
const AT_ONCE = 3

export function createQueue(api: Api, show: (items: readonly Item[]) => void): Queue {
  let items: readonly Item[] = []
  let made = 0
  const running = new Map<number, AbortController>()

  const set = (next: readonly Item[]): void => {
    items = next
    show(items)
  }
  const find = (key: number): Item | undefined => items.find((item) => item.key === key)
  const change = (key: number, to: Partial<Item>): void =>
    set(items.map((item) => (item.key === key ? { ...item, ...to } : item)))

  const run = async (item: Item, stop: AbortController): Promise<void> => {
    // What comes in after it was stopped is no news of the present try.
    const told = (to: Partial<Item>): void => {
      if (running.get(item.key) === stop) change(item.key, to)
    }
    try {
      await sendFile(api, item, told, stop.signal)
    } catch (error) {
      if (isAbort(error)) return
      const { words, mayTryAgain } = failureInWords(error, item.file)
      told({ phase: mayTryAgain ? 'stopped' : 'refused', said: words })
    } finally {
      if (running.get(item.key) === stop) running.delete(item.key)
      fill()
    }
  }
  const fill = (): void => {
    for (const item of items) {
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
  const pause = (key: number): void => {
    const item = find(key)
    if (!item || !mayPause(item)) return
    halt(key)
    change(key, { phase: 'paused', rate: null })
    fill()
  }
  const networkChanged = (isThere: boolean): void => {
    for (const { key, phase } of items) {
      if (isThere && phase === 'offline') resume(key)
      if (isThere || phase !== 'uploading') continue
      halt(key)
      change(key, { phase: 'offline', rate: null })
    }
  }
  const resume = (key: number): void => {
    const item = find(key)
    if (item && mayResume(item)) change(key, { phase: 'waiting', said: null })
    fill()
  }
  const cancel = (key: number): void => {
    const item = find(key)
    if (!item || isOver(item)) return
    halt(key)
    change(key, { phase: 'canceled', rate: null, said: null })
    void withdraw(item)
    fill()
  }
  /** Berth forgets an unused slot by itself, so a call that fails does no harm. */
  const withdraw = async ({ key, upload }: Item): Promise<void> => {
    if (!upload) return
    const ended = await api.delete<Item['upload']>(`v1/uploads/${upload.id}`).catch(() => null)
    if (ended) change(key, { upload: ended })
  }
  const download = async (key: number): Promise<void> => {
    const item = find(key)
    if (!item?.upload) return
    try {
      const downloadUrl = await linkTo(api, item.upload.id)
      change(key, { downloadUrl })
      // The store sends it as an attachment, so the page stays.
      location.assign(downloadUrl)
    } catch (error) {
      change(key, { said: failureInWords(error, item.file).words })
    }
  }
  return {
    add: (files) => {
      set([...items, ...files.map((file) => newItem((made += 1), file))])
      fill()
    },
    pause,
    resume,
    cancel,
    download: (key) => void download(key),
    pauseAll: () => {
      // Those that wait first, or they would take the places of those that stop.
      for (const { key, phase } of items) if (phase === 'waiting') pause(key)
      for (const { key } of items) pause(key)
    },
    resumeAll: () => {
      for (const { key } of items) resume(key)
    },
    networkChanged,
    clear: () => set(items.filter((item) => !isOver(item))),
  }
}
