/** One act in a page: what the page offers, and nothing of Node. */

import { standAt } from './call-stand.ts'
import { play } from './scenarios.ts'

export type Played = { name: string; act: number; url: string; baseUrl: string; key: string }

const page = globalThis as {
  /** Given by whoever drives the browser. */
  offlineFor?: (ms: number) => Promise<void>
  playAct?: (played: Played) => Promise<void>
}

page.playAct = ({ name, act, url, baseUrl, key }) =>
  play(name, act, {
    baseUrl,
    key,
    stand: standAt(url),
    memory: true,
    offlineFor: (ms) => page.offlineFor?.(ms) ?? Promise.resolve(),
  })
