/** Chance that can be repeated: the same seed and name give the same numbers, whoever else draws. */

import { createHash } from 'node:crypto'

export type Random = {
  /** At least `from`, less than `to`. */
  between: (from: number, to: number) => number
  /** A whole number: at least `from`, at most `to`. */
  int: (from: number, to: number) => number
  chance: (probability: number) => boolean
  pick: <T>(items: readonly T[]) => T
}

/** @param name what the numbers are for: each name has a row of its own. */
export function createRandom(seed: number, name: string): Random {
  const digest = createHash('sha256').update(`${seed}/${name}`).digest()
  const next = splitmix(digest.readUInt32LE(0))
  const between = (from: number, to: number): number => from + next() * (to - from)
  const int = (from: number, to: number): number => Math.floor(between(from, to + 1))
  return {
    between,
    int,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]) => items[int(0, items.length - 1)] as T,
  }
}

/** SplitMix32: small, and good enough to spread faults. */
function splitmix(state: number): () => number {
  let at = state
  return () => {
    at = (at + 0x9e3779b9) | 0
    let mixed = at ^ (at >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000
  }
}
