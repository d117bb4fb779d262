/** The files that the page shows, in their order. */

import { newItem, type Item } from './item.ts'

export type Shelf = {
  all: () => readonly Item[]
  find: (key: number) => Item | undefined
  add: (files: readonly File[]) => void
  change: (key: number, to: Partial<Item>) => void
  keep: (which: (item: Item) => boolean) => void
}

/** @param show told of every change. */
export function createShelf(show: (items: readonly Item[]) => void): Shelf {
  let items: readonly Item[] = []
  let made = 0
  const set = (next: readonly Item[]): void => {
    items = next
    show(items)
  }
  return {
    all: () => items,
    find: (key) => items.find((item) => item.key === key),
    add: (files) => set([...items, ...files.map((file) => newItem((made += 1), file))]),
    change: (key, to) => set(items.map((item) => (item.key === key ? { ...item, ...to } : item))),
    keep: (which) => set(items.filter(which)),
  }
}
