/** Which upload a file belongs to, kept over a reload of the page. */

import { pathOf, type Api } from './api.ts'
import type { Source } from './put.ts'
import { isOver, type Upload } from './record.ts'
import { isRefusal } from './upload-error.ts'

/** As much of `localStorage` as is used; it may throw whenever it likes. */
export type Memory = {
  getItem: (key: string) => string | null
  setItem: (key: string, value: string) => void
  removeItem: (key: string) => void
}

export type Remembered = {
  key: string
  recall: (api: Api, signal: AbortSignal) => Promise<Upload | null>
  keep: (upload: Upload) => void
  forget: () => void
}

/** @param scope what else has to be the same: the address of Berth, and what was asked of it. */
export function remembered(memory: Memory, file: Source, scope: readonly unknown[]): Remembered {
  const { name, size, type, lastModified, webkitRelativePath } = file
  const identity = [...scope, name, size, type, lastModified, webkitRelativePath]
  const key = `berth:${JSON.stringify(identity)}`
  const quietly = <T>(act: () => T): T | null => {
    try {
      return act()
    } catch {
      return null
    }
  }
  return {
    key,
    keep: ({ id }) => quietly(() => memory.setItem(key, id)),
    forget: () => quietly(() => memory.removeItem(key)),
    recall: async (api, signal) => {
      const id = quietly(() => memory.getItem(key))
      if (!id) return null
      try {
        const upload = await api<Upload>('GET', pathOf(id), { signal })
        return upload.state === 'ready' || !isOver(upload) ? upload : null
      } catch (error) {
        // Another token than the one that made it, or a record that is gone.
        if (isRefusal(error, 'not-found')) return null
        throw error
      }
    },
  }
}

/** What `resume: true` stands for; null where there is none, or the page may not use it. */
export function pageMemory(): Memory | null {
  try {
    return (globalThis as { localStorage?: Memory }).localStorage ?? null
  } catch {
    return null
  }
}
