/** What every client will do, drawn from the seed before anything runs. */

import { TENANTS } from '../cluster/cluster.ts'
import type { Options } from '../options.ts'
import { createRandom, type Random } from '../random.ts'

/**
 * `wrong-type`: a PNG called a PDF. `wrong-bytes`: not those of the declared SHA-256.
 * `planted-…`: the same past every signature, by somebody with the store's own account.
 * `overwritten`: the right bytes, and soon after them others, by that somebody.
 */
type Kind =
  | 'good'
  | 'never'
  | 'canceled'
  | 'wrong-type'
  | 'wrong-bytes'
  | 'planted-bytes'
  | 'planted-size'
  | 'overwritten'

export type Plan = {
  item: number
  kind: Kind
  tenant: string
  profile: string
  size: number
  content: 'noise' | 'png'
  declaresSha256: boolean
  expiresIn: number
  /** Milliseconds after the beginning of the load. */
  startsAfter: number
  renews: boolean
  /** A second PUT through the same slot, and of what. */
  duplicate: 'none' | 'same' | 'other'
  completes: boolean
  downloads: boolean
  deletes: boolean
  /** Another tenant tries the id. */
  isPeeked: boolean
  /** Milliseconds between the PUT and what follows it. */
  pauseMs: number
}

// Per thousand.
const KINDS: [Kind, number][] = [
  ['never', 100],
  ['wrong-type', 20],
  ['wrong-bytes', 10],
  ['planted-bytes', 10],
  ['planted-size', 10],
  ['canceled', 40],
  ['overwritten', 20],
  ['good', 790],
]

const SMALL = 65_536
const LARGE = 2_097_152
/** A PNG needs a head; anything smaller is noise. */
const SMALLEST_PNG = 70

export function planAll({ uploads, seed, loadSeconds }: Options): Plan[] {
  const random = createRandom(seed, 'clients')
  const step = (loadSeconds * 1000) / uploads
  return Array.from({ length: uploads }, (_, item) => {
    const startsAfter = step * item + random.between(0, step)
    return { item, startsAfter, ...planOne(random) }
  })
}

function planOne(random: Random): Omit<Plan, 'item' | 'startsAfter'> {
  const kind = kindOf(random.int(0, 999))
  const isTight = kind === 'good' && random.chance(0.06)
  const size = sizeOf(random, isTight, kind)
  const isPng = kind === 'wrong-type' || (size >= SMALLEST_PNG && random.chance(0.3))
  return {
    kind,
    size,
    tenant: random.pick(TENANTS),
    profile: isTight ? 'tight' : 'default',
    content: isPng ? 'png' : 'noise',
    declaresSha256: kind.endsWith('-bytes') || random.chance(0.4),
    expiresIn: kind === 'never' ? random.int(10, 20) : random.int(25, 40),
    renews: random.chance(0.06),
    duplicate: random.chance(0.2) ? random.pick(['same', 'other'] as const) : 'none',
    completes: random.chance(0.25),
    downloads: random.chance(0.25),
    deletes: kind === 'good' && random.chance(0.04),
    isPeeked: random.chance(0.04),
    pauseMs: random.between(0, 500),
  }
}

/** Mostly 1 B to 64 KiB, each order of magnitude as likely; some larger. */
function sizeOf(random: Random, isTight: boolean, kind: Kind): number {
  const least = kind === 'wrong-type' ? SMALLEST_PNG : 1
  const most = !isTight && random.chance(0.04) ? LARGE : SMALL
  return Math.round(Math.exp(random.between(Math.log(least), Math.log(most))))
}

function kindOf(drawn: number): Kind {
  let left = drawn
  for (const [kind, share] of KINDS) {
    if (left < share) return kind
    left -= share
  }
  return 'good'
}
