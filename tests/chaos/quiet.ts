/** After the last fault: until nothing is open, left over or waiting, or until it has taken too long. */

import type { OpenAtHeal } from './check/run.ts'
import type { Records } from './cluster/records.ts'
import { TIMES } from './options.ts'
import { pause } from './pause.ts'

const OPEN = `state in ('pending','received','verifying')`

/** What is still to do, of each kind. */
const LEFT = `select
    (select count(*) from uploads where ${OPEN}) as open,
    (select count(*) from uploads where staging_due_at is not null) as staging,
    (select count(*) from claims) as claims,
    (select count(*) from inbox where state = 'new') as events,
    (select count(*) from deliveries where due_at is not null) as outbox`

export const openUploads = (records: Records): Promise<OpenAtHeal[]> =>
  records.query(`select id, state, due_at, land_by from uploads where ${OPEN}`)

/** The longest that any upload may be waited for: its last deadline, and the time to tidy up after it. */
async function deadline(records: Records): Promise<number> {
  const [row] = await records.query<{ at: number | null }>(
    `select max(case when land_by > coalesce(due_at, 0) then land_by else due_at end) as at from uploads`,
  )
  const tidy = 3 * TIMES.leaseSeconds + 2 * TIMES.sweepIntervalSeconds + TIMES.slackSeconds
  // An attempt that a kill cut off at the end is made again after its lease.
  const told = TIMES.deliveryLeaseSeconds + TIMES.slackSeconds
  return Math.max(Date.now(), row?.at ?? 0) + (tidy + told) * 1000
}

/** @returns what was left; all zero when it became quiet. */
export async function untilQuiet(records: Records): Promise<Record<string, number>> {
  const giveUpAt = await deadline(records)
  for (;;) {
    const [left] = await records.query<Record<string, number>>(LEFT)
    const isQuiet = Object.values(left ?? {}).every((count) => count === 0)
    if (isQuiet || Date.now() > giveUpAt) return left ?? {}
    await pause(1_000)
  }
}
