/** How arrivals became known lately: by events, or only because Berth looked. */

import { sql } from 'kysely'
import type { Store } from './store.ts'

export type Arrivals = {
  /** Found by a look, while no event had told. */
  bySweep: number
  /** Events that named an upload, whether or not they were the first to tell. */
  events: number
}

export async function countArrivals({ db }: Store, since: Date): Promise<Arrivals> {
  const count = db.fn.countAll<string | number>().as('count')
  const bySweep = await db
    .selectFrom('transitions')
    .select(count)
    // As a literal: with a parameter the planner cannot see that the partial index applies.
    .where('state', '=', sql.lit('received'))
    .where('at', '>', since.getTime())
    .where('cause', '=', 'sweep')
    .executeTakeFirstOrThrow()
  const events = await db
    .selectFrom('inbox')
    .select(count)
    .where('state', '=', 'matched')
    .where('received_at', '>', since.getTime())
    .executeTakeFirstOrThrow()
  return { bySweep: Number(bySweep.count), events: Number(events.count) }
}
