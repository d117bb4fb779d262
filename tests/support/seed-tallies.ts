/** Counts of a long past, for twenty tenants. */

import type { Store } from '../../src/store/store.ts'

const CHUNK = 500
const HOUR_MS = 3_600_000

export async function seedTallies({ db }: Store, rows: number): Promise<void> {
  for (let from = 0; from < rows; from += CHUNK) {
    const tallies = Array.from({ length: CHUNK }, (_, index) => ({
      tenant: `t${(from + index) % 20}`,
      hour: Math.floor((from + index) / 20) * HOUR_MS,
      measure: 'states' as const,
      name: 'canceled',
      count: 7,
    }))
    await db.insertInto('tallies').values(tallies).execute()
  }
}
