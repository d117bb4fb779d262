/** All files in one line, and what can be done to all of them. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { isOver, mayPause, mayResume, type Item, type Phase } from './item.ts'
import type { Queue } from './queue.ts'

export function Summary({ items, queue }: { items: readonly Item[]; queue: Queue }) {
  const news = useNews(items)
  return (
    <>
      <p class="hidden" role="status">
        {news}
      </p>
      {items.length > 0 && (
        <div class="summary">
          <p>
            <strong>{countOf(items, 'ready')}</strong> of {items.length} ready{troubles(items)}
          </p>
          <div class="actions">
            <button type="button" disabled={!items.some(mayPause)} onClick={queue.pauseAll}>
              Pause all
            </button>
            <button type="button" disabled={!items.some(mayResume)} onClick={queue.resumeAll}>
              Resume all
            </button>
            <button type="button" disabled={!items.some(isOver)} onClick={queue.clear}>
              Clear the list
            </button>
          </div>
        </div>
      )}
    </>
  )
}

const countOf = (items: readonly Item[], phase: Phase): number =>
  items.filter((item) => item.phase === phase).length

function troubles(items: readonly Item[]): string {
  const of = (phase: Phase, word: string): string[] => {
    const count = countOf(items, phase)
    return count === 0 ? [] : [`${count} ${word}`]
  }
  const all = [
    ...of('refused', 'refused'),
    ...of('stopped', 'stopped'),
    ...of('paused', 'paused'),
    ...of('offline', 'without network'),
    ...of('canceled', 'canceled'),
  ]
  return all.length === 0 ? '' : `, ${all.join(', ')}`
}

/** For those who hear the page: each file's end, once, and not every step of every file. */
function useNews(items: readonly Item[]): string {
  const known = useRef(new Map<number, Phase>())
  const [news, setNews] = useState('')
  useEffect(() => {
    const ended = items.filter(
      (item) =>
        (isOver(item) || item.phase === 'stopped') && known.current.get(item.key) !== item.phase,
    )
    known.current = new Map(items.map(({ key, phase }) => [key, phase]))
    if (ended.length > 0) setNews(ended.map(inWords).join(' '))
  }, [items])
  return news
}

const inWords = ({ file, phase, said }: Item): string =>
  said === null ? `${file.name}: ${phase}.` : `${file.name}: ${said}`
