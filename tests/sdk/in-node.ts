/** One act in a process of its own: `node in-node.mjs <json>`, with a file for a memory. */

import { readFileSync, writeFileSync } from 'node:fs'
import type { Memory } from '../../src/client/index.ts'
import { standAt } from './call-stand.ts'
import type { Played } from './in-browser.ts'
import { play } from './scenarios.ts'

const { name, act, url, baseUrl, key, memoryFile } = JSON.parse(
  process.argv[2] ?? '{}',
) as Played & {
  memoryFile: string
}

const entries = new Map<string, string>(JSON.parse(readFileSync(memoryFile, 'utf8')) as [])
const keep = (): void => writeFileSync(memoryFile, JSON.stringify([...entries]))
const memory: Memory = {
  getItem: (item) => entries.get(item) ?? null,
  setItem: (item, value) => {
    entries.set(item, value)
    keep()
  },
  removeItem: (item) => {
    entries.delete(item)
    keep()
  },
}

// Node knows neither: what a page would tell, told by hand.
let onLine = true
const events = new EventTarget()
Object.defineProperty(globalThis, 'navigator', { configurable: true, get: () => ({ onLine }) })
Object.assign(globalThis, {
  addEventListener: events.addEventListener.bind(events),
  removeEventListener: events.removeEventListener.bind(events),
})
const turn = (isOn: boolean): void => {
  onLine = isOn
  events.dispatchEvent(new Event(isOn ? 'online' : 'offline'))
}
const offlineFor = (ms: number): Promise<void> => {
  turn(false)
  setTimeout(() => turn(true), ms)
  return Promise.resolve()
}

try {
  await play(name, act, { baseUrl, key, stand: standAt(url), memory, offlineFor })
  // What is still under way is left behind, as by a page that is loaded anew.
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`)
  process.exit(1)
}
