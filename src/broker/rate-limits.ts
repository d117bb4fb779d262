/**
 * Requests per minute and caller. All nodes count together, but each takes a twentieth of the limit
 * at a time, and the first of these on credit: a request hardly ever waits for the database. While
 * the database takes no writes (a full disk, say), each node counts alone, so that reading goes on.
 */

import { isProblem } from '../problems.ts'
import { takeShare, type Granted, type Share } from '../store/rate-counts.ts'
import type { Deps } from './deps.ts'

export type RateConfig = {
  /** Of a key or a token; 0: no limit. */
  perMinute: number
  /** Of an address that shows no valid credential; 0: no limit. */
  anonymousPerMinute: number
}

type Verdict = {
  isAllowed: boolean
  limit: number
  /** Requests left in this minute, as far as this node knows. */
  remaining: number
  /** Whole seconds until the next minute begins. */
  resetSeconds: number
}

export type RateLimits = {
  /** Null: this kind of caller has no limit. */
  count: (kind: 'caller' | 'address', name: string) => Promise<Verdict | null>
}

type RateDeps = Pick<Deps, 'store' | 'now'>

const MINUTE_MS = 60_000
const SHARES = 20
/** Below this many requests a share, credit would be a large part of the limit. */
const SMALLEST_CREDIT = 10
/** Half a kilobyte each. */
const MOST_CALLERS = 20_000

type Count = {
  /** How many more may pass without asking. */
  left: number
  /** Given on credit, and not counted by the database yet. */
  owed: number
  /** Of all nodes, as last heard. */
  used: number
  isExhausted: boolean
  asking: Promise<void> | null
}

export function createRateLimits(deps: RateDeps, config: RateConfig): RateLimits {
  let minute = -1
  let counts = new Map<string, Count>()

  const countOf = (name: string, limit: number, current: number): Count => {
    if (current !== minute || counts.size > MOST_CALLERS) {
      minute = current
      counts = new Map()
    }
    const count = counts.get(name) ?? newCount(limit)
    counts.set(name, count)
    return count
  }

  return {
    count: async (kind, name) => {
      const limit = kind === 'caller' ? config.perMinute : config.anonymousPerMinute
      if (limit === 0) return null
      const at = deps.now().getTime()
      const current = Math.floor(at / MINUTE_MS)
      const named = `${kind} ${name}`
      const count = countOf(named, limit, current)
      const ask = (): Promise<void> => askFor(deps, count, { name: named, minute: current, limit })
      const isAllowed = await pass(count, limit, ask)
      return {
        isAllowed,
        limit,
        remaining: isAllowed ? Math.max(0, limit - count.used - count.owed + count.left) : 0,
        resetSeconds: Math.ceil(((current + 1) * MINUTE_MS - at) / 1000),
      }
    },
  }
}

const shareOf = (limit: number): number => Math.ceil(limit / SHARES)

function newCount(limit: number): Count {
  const credit = shareOf(limit) >= SMALLEST_CREDIT ? shareOf(limit) : 0
  return { left: credit, owed: credit, used: 0, isExhausted: false, asking: null }
}

async function pass(count: Count, limit: number, ask: () => Promise<void>): Promise<boolean> {
  while (count.left === 0 && !count.isExhausted) await ask()
  if (count.left === 0) return false
  count.left -= 1
  // Before the share is used up, so that nobody has to wait for the next one.
  if (count.left < shareOf(limit) / 2 && shareOf(limit) >= SMALLEST_CREDIT && !count.isExhausted) {
    // Whoever needs the answer asks again, and hears of a failure.
    ask().catch(() => undefined)
  }
  return true
}

/** One question at a time: those who come meanwhile wait for its answer. */
function askFor(
  { store }: RateDeps,
  count: Count,
  share: Pick<Share, 'name' | 'minute' | 'limit'>,
): Promise<void> {
  const { owed } = count
  const wanted = shareOf(share.limit)
  count.asking ??= takeShare(store, { ...share, wanted, owed })
    .then(
      (granted) => settle(count, granted, { wanted, owed }),
      (error: unknown) => lend(count, share.limit, error),
    )
    .finally(() => (count.asking = null))
  return count.asking
}

function settle(count: Count, { granted, used }: Granted, asked: { wanted: number; owed: number }) {
  count.left += granted
  count.owed -= asked.owed
  count.used = used
  count.isExhausted = granted < asked.wanted
}

/** A share on credit, which the next question that is answered has counted. */
function lend(count: Count, limit: number, error: unknown): void {
  if (!isProblem(error, 'records-unavailable')) throw error
  const room = Math.max(0, limit - count.used - count.owed)
  const lent = Math.min(room, shareOf(limit))
  count.left += lent
  count.owed += lent
  count.isExhausted = lent < shareOf(limit)
}
