/** How many deliveries became dead letters of late, for whatever reason. */

import { sql } from 'kysely'
import type { Store } from './store.ts'

/** @param most counting ends there. */
export async function countDeadLetters({ db }: Store, since: Date, most: number): Promise<number> {
  const dead = db
    .selectFrom('deliveries')
    .select('id')
    .where('state', '=', 'dead')
    .where('settled_at', '>=', since.getTime())
    .orderBy('settled_at')
    .limit(most)
  const { count } = await db
    .selectFrom(dead.as('dead'))
    .select(sql<string | number>`count(*)`.as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
