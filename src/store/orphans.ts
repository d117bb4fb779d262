/** Objects that no record names, remembered from the first time they were seen. */

import type { Selectable } from 'kysely'
import type { OrphansTable } from './schema.ts'
import type { Store } from './store.ts'
import type { Walk } from './walks.ts'

export type Orphan = Pick<Selectable<OrphansTable>, 'bucket' | 'folder' | 'key' | 'size'>

type Seen = { key: string; size: number }

/** @returns the keys that were not known yet. */
export async function rememberOrphans(
  store: Store,
  { bucket, folder, walk }: Walk,
  seen: readonly Seen[],
  at: Date,
): Promise<string[]> {
  if (seen.length === 0) return []
  const rows = seen.map(({ key, size }) => ({
    ...{ bucket, folder, key, size, walk },
    first_seen_at: at.getTime(),
  }))
  const keys = seen.map(({ key }) => key)
  return store.write(async (trx) => {
    const found = await trx
      .insertInto('orphans')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning('key')
      .execute()
    await trx
      .updateTable('orphans')
      .set({ walk })
      .where('bucket', '=', bucket)
      .where('folder', '=', folder)
      .where('key', 'in', keys)
      // A slow node must not take back what a later walk has seen.
      .where('walk', '<', walk)
      .execute()
    return found.map(({ key }) => key)
  })
}

/** First seen at `before` or earlier, the oldest first. */
export const listRipeOrphans = (store: Store, before: Date, limit: number): Promise<Orphan[]> =>
  store.db
    .selectFrom('orphans')
    .select(['bucket', 'folder', 'key', 'size'])
    .where('first_seen_at', '<=', before.getTime())
    .orderBy('first_seen_at')
    .limit(limit)
    .execute()

export const forgetOrphan = (store: Store, { bucket, folder, key }: Orphan): Promise<unknown> =>
  store.write((trx) =>
    trx
      .deleteFrom('orphans')
      .where('bucket', '=', bucket)
      .where('folder', '=', folder)
      .where('key', '=', key)
      .execute(),
  )

export async function countOrphans({ db }: Store): Promise<number> {
  const { count } = await db
    .selectFrom('orphans')
    .select(db.fn.countAll<string | number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
