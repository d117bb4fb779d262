/** What a probe has shown each bucket to enforce; shared by all nodes. */

import type { Guarantees } from '../upload/guarantees.ts'
import type { Store } from './store.ts'

export type BucketGuarantees = { bucket: string; guarantees: Guarantees; probedAt: Date }

export async function listCapabilities({ db }: Store): Promise<BucketGuarantees[]> {
  const rows = await db.selectFrom('capabilities').selectAll().execute()
  return rows.map(({ bucket, guarantees, probed_at }) => ({
    bucket,
    guarantees: JSON.parse(guarantees) as Guarantees,
    probedAt: new Date(probed_at),
  }))
}

export const saveCapabilities = (
  store: Store,
  { bucket, guarantees, probedAt }: BucketGuarantees,
): Promise<unknown> => {
  const values = { guarantees: JSON.stringify(guarantees), probed_at: probedAt.getTime() }
  return store.write((trx) =>
    trx
      .insertInto('capabilities')
      .values({ bucket, ...values })
      .onConflict((conflict) => conflict.column('bucket').doUpdateSet(values))
      .execute(),
  )
}
