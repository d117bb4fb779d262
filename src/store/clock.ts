/**
 * The clock for leases and deadlines: that of the database when many nodes share it, so that a node
 * whose own clock is wrong neither expires anything early nor takes a lease that is alive.
 */

import { sql, type Kysely } from 'kysely'
import type { Schema } from './schema.ts'

export type Clock = {
  now: () => Date
  /** Asks the database what time it is; from then on again every few seconds. */
  start: () => Promise<void>
  stop: () => void
}

const MEASURE_EVERY_MS = 5_000

/** An answer that took longer says too little about when the clock was read. */
const LONGEST_TRIP_MS = 1_000

/** One machine, one clock. */
export const localClock = (): Clock => ({
  now: () => new Date(),
  start: () => Promise.resolve(),
  stop: () => undefined,
})

/** Between two measurements the monotonic clock counts on, which no correction of the time moves. */
export function databaseClock(
  db: Kysely<Schema>,
  onSkew: (milliseconds: number) => void,
  local: () => number = Date.now,
): Clock {
  let timer: NodeJS.Timeout | undefined
  let known: { at: number; elapsed: number } | null = null

  const now = (): number =>
    known === null ? local() : known.at + (performance.now() - known.elapsed)

  const measure = async (): Promise<void> => {
    const before = performance.now()
    const at = await askDatabase(db)
    const trip = performance.now() - before
    if (trip > LONGEST_TRIP_MS && known !== null) return
    known = { at: at + trip / 2, elapsed: performance.now() }
    onSkew(Math.round(local() - now()))
  }
  const again = (): void => {
    // While the database is away there is nothing to decide either.
    measure().catch(() => undefined)
  }
  return {
    now: () => new Date(now()),
    start: async () => {
      await measure()
      timer ??= setInterval(again, MEASURE_EVERY_MS).unref()
    },
    stop: () => clearInterval(timer),
  }
}

async function askDatabase(db: Kysely<Schema>): Promise<number> {
  const millis = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`.as('millis')
  const { millis: at } = await db.selectNoFrom(millis).executeTakeFirstOrThrow()
  return at
}
