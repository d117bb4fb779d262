/** Requests of one minute per caller: nodes take shares of the limit, not single requests. */

import type { Store } from './store.ts'

export type Share = {
  name: string
  /** Minutes since 1970. */
  minute: number
  /** How many requests this node wants to let through next. */
  wanted: number
  /** How many it has let through on credit already: counted in any case. */
  owed: number
  limit: number
}

export type Granted = {
  /** Of `wanted`. */
  granted: number
  /** Of all nodes, with what was granted now. */
  used: number
}

export function takeShare(store: Store, share: Share): Promise<Granted> {
  const { name, minute, wanted, owed, limit } = share
  return store.write(async (trx) => {
    // Counted first and given back after, so that the row is held from the first statement on.
    const { used } = await trx
      .insertInto('rate_counts')
      .values({ name, minute, used: owed + wanted })
      .onConflict((conflict) =>
        conflict
          .columns(['name', 'minute'])
          .doUpdateSet((row) => ({ used: row('rate_counts.used', '+', owed + wanted) })),
      )
      .returning('used')
      .executeTakeFirstOrThrow()
    const granted = Math.min(wanted, Math.max(0, wanted - (used - limit)))
    if (granted === wanted) return { granted, used }
    await trx
      .updateTable('rate_counts')
      .set({ used: used - (wanted - granted) })
      .where('name', '=', name)
      .where('minute', '=', minute)
      .execute()
    return { granted, used: used - (wanted - granted) }
  }, `rate/${name}`)
}

/** @returns how many went. */
export async function deleteRateCounts(
  store: Store,
  beforeMinute: number,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('rate_counts')
      .where((where) =>
        where(
          where.refTuple('name', 'minute'),
          'in',
          where
            .selectFrom('rate_counts')
            .select(['name', 'minute'])
            .where('minute', '<', beforeMinute)
            .limit(limit)
            .$asTuple('name', 'minute'),
        ),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
