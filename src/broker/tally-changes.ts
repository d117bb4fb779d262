/** Counts what changed, by the hour, so that a chart over months reads hundreds of rows and not millions. */

import { addTallies, deleteTallies, listChanges, tallyPosition } from '../store/tallies.ts'
import type { CountedChange, Tally } from '../store/tallies.ts'
import { addSeconds } from '../upload/policy.ts'
import { countedAs } from '../upload/tally.ts'
import type { Deps } from './deps.ts'

/** A change gets its moment before it commits: what is younger than this may not all be there yet. */
const SETTLED_SECONDS = 60

/** A little more than the longest chart. */
const KEPT_SECONDS = 100 * 86_400

export const HOUR_MS = 3_600_000

/** Counting and moving on commit together, so a change is counted once, whoever else counts. */
export async function tallyChanges(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  batch: number,
): Promise<number> {
  const from = await tallyPosition(store)
  const changes = await listChanges(store, from, addSeconds(now(), -SETTLED_SECONDS), batch)
  const last = changes.at(-1)
  if (!last) return 0
  await addTallies(store, from, last, tallied(changes))
  return changes.length
}

/** @returns how many went. */
export const sweepTallies = ({ store, now }: Pick<Deps, 'store' | 'now'>, batch: number) =>
  deleteTallies(store, addSeconds(now(), -KEPT_SECONDS), batch)

/** One row for each tenant, hour, measure and name among the changes. */
export function tallied(changes: readonly CountedChange[]): Tally[] {
  const rows = new Map<string, Tally>()
  for (const change of changes) {
    const hour = change.at.getTime() - (change.at.getTime() % HOUR_MS)
    for (const { measure, name } of countedAs(change)) {
      const key = JSON.stringify([change.tenant, hour, measure, name])
      const row = rows.get(key) ?? { tenant: change.tenant, hour, measure, name, count: 0 }
      rows.set(key, { ...row, count: row.count + 1 })
    }
  }
  return [...rows.values()]
}
