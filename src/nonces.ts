/** Random bits for names that nobody may guess, drawn many at a time: each draw is a system call. */

import { randomFillSync } from 'node:crypto'

const BYTES = 16
const DRAWN = 256 * BYTES

/** @returns what gives 128 random bits as 32 hex digits; no bits are given twice. */
export function createNonces(): () => string {
  const drawn = Buffer.alloc(DRAWN)
  let next = DRAWN
  return () => {
    if (next === DRAWN) {
      randomFillSync(drawn)
      next = 0
    }
    next += BYTES
    return drawn.toString('hex', next - BYTES, next)
  }
}
