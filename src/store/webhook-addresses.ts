/** Where webhooks go to now, of all tenants: for whoever looks after the way out. */

import type { Store } from './store.ts'

/** Of enabled endpoints, by their ids. */
export async function listEnabledAddresses({ db }: Store, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select('url')
    .where('state', '=', 'enabled')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ url }) => url)
}
