/** The folders of probes under way, or of such that were killed on the way. */

import type { Store } from './store.ts'

export type ProbeFolder = { bucket: string; folder: string }

/** @param collectAt when the probe is surely over, and whatever is there may go. */
export const rememberProbe = (store: Store, place: ProbeFolder, collectAt: Date) =>
  store.write((trx) =>
    trx
      .insertInto('probes')
      .values({ ...place, collect_at: collectAt.getTime() })
      .execute(),
  )

export const forgetProbe = (store: Store, { folder }: ProbeFolder) =>
  store.write((trx) => trx.deleteFrom('probes').where('folder', '=', folder).execute())

/** No index: there are as many rows as probes that were killed. */
export const listKilledProbes = ({ db }: Store, now: Date, limit: number): Promise<ProbeFolder[]> =>
  db
    .selectFrom('probes')
    .select(['bucket', 'folder'])
    .where('collect_at', '<=', now.getTime())
    .limit(limit)
    .execute()
