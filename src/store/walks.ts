/** How far the walk through each folder of a bucket has come; shared by all nodes. */

import type { Transaction } from 'kysely'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

/** One folder of a bucket: `<prefix>staging/` or `<prefix>objects/`. */
export type Place = { bucket: string; folder: string }

export type Walk = Place & {
  /** Counts the walks through this place. */
  walk: number
  /** Exclusive; empty at the beginning. */
  afterKey: string
}

/** The walk that is under way, or a new one. Null: the last one began after `restedSince`. */
export async function currentWalk(
  store: Store,
  place: Place,
  { now, restedSince }: { now: Date; restedSince: Date },
): Promise<Walk | null> {
  return store.write(async (trx) => {
    await trx
      .insertInto('walks')
      .values({ ...place, walk: 1, after_key: '', started_at: now.getTime() })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await trx
      .updateTable('walks')
      .set((row) => ({ walk: row('walk', '+', 1), after_key: '', started_at: now.getTime() }))
      .where('bucket', '=', place.bucket)
      .where('folder', '=', place.folder)
      .where('after_key', 'is', null)
      .where('started_at', '<=', restedSince.getTime())
      .execute()
    return findWalk(trx, place)
  })
}

async function findWalk(trx: Transaction<Schema>, place: Place): Promise<Walk | null> {
  const { walk, after_key } = await trx
    .selectFrom('walks')
    .select(['walk', 'after_key'])
    .where('bucket', '=', place.bucket)
    .where('folder', '=', place.folder)
    .executeTakeFirstOrThrow()
  return after_key === null ? null : { ...place, walk, afterKey: after_key }
}

/** Nothing happens when another node has walked on from here already. `null`: the walk is over. */
export const moveWalk = (store: Store, from: Walk, afterKey: string | null): Promise<unknown> =>
  store.write(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('walks')
      .set({ after_key: afterKey })
      .where('bucket', '=', from.bucket)
      .where('folder', '=', from.folder)
      .where('walk', '=', from.walk)
      .where('after_key', '=', from.afterKey)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n && afterKey === null) await forgetUnseen(trx, from)
  })

/** What this walk did not see as an orphan is gone, or a record names it. */
const forgetUnseen = (trx: Transaction<Schema>, { bucket, folder, walk }: Walk) =>
  trx
    .deleteFrom('orphans')
    .where('bucket', '=', bucket)
    .where('folder', '=', folder)
    .where('walk', '<', walk)
    .execute()
