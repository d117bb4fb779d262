/** How the receiver of webhooks treats each delivery, and when it is away: drawn from the seed. */

import { createRandom, type Random } from '../random.ts'

/**
 * `reset`: the body is read, and the connection reset. `half`: the same in the middle of a 200.
 * `hang`: there is no answer at all.
 */
export type Manner =
  | { kind: 'answer'; status: 200 | 204 | 500 | 503; afterMs: number }
  | { kind: 'reset' | 'half' | 'hang' }

export const KIND: Manner = { kind: 'answer', status: 204, afterMs: 0 }

// Per thousand; the rest is answered with a success.
const MANNERS: [number, (random: Random) => Manner][] = [
  [80, () => ({ kind: 'answer', status: 500, afterMs: 0 })],
  [40, () => ({ kind: 'answer', status: 503, afterMs: 0 })],
  [80, () => ({ kind: 'reset' })],
  [40, () => ({ kind: 'half' })],
  [8, () => ({ kind: 'hang' })],
  [50, (random) => ({ kind: 'answer', status: 200, afterMs: random.int(200, 2_000) })],
]

/** One after the other, for each delivery that comes. */
export function mannersOf(seed: number): () => Manner {
  const random = createRandom(seed, 'receiver')
  return () => {
    let left = random.int(0, 999)
    for (const [share, draw] of MANNERS) {
      if (left < share) return draw(random)
      left -= share
    }
    return { ...KIND, status: random.pick([200, 204] as const) }
  }
}

/** Milliseconds after the beginning of the load. */
export type Absence = { after: number; forMs: number }

export function absencesOf(seed: number, seconds: number): Absence[] {
  const random = createRandom(seed, 'absences')
  const planned: Absence[] = []
  let after = 0
  for (;;) {
    after += random.between(4_000, 12_000)
    if (after > seconds * 1000) return planned
    const absence = { after, forMs: random.between(500, 4_000) }
    planned.push(absence)
    after += absence.forMs
  }
}
