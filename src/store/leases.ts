/** A lease on a verifying upload: who holds it may write the verdict, until it ends. */

import type { Upload } from '../upload/upload.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

/** False when the lease is no longer ours. No transition: the version stays. */
export async function renewLease(store: Store, upload: Upload, until: Date): Promise<boolean> {
  const { numUpdatedRows } = await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ due_at: until.getTime() })
        .where('id', '=', upload.id)
        .where('state', '=', 'verifying')
        .where('fence', '=', upload.fence)
        .executeTakeFirstOrThrow(),
    upload.id,
  )
  return numUpdatedRows > 0n
}

/** Verifying uploads whose lease has ended, the longest ago first. */
export async function listDeadLeases(store: Store, now: Date, limit: number): Promise<Upload[]> {
  const rows = await store.db
    .selectFrom('uploads')
    .selectAll()
    .where('state', '=', 'verifying')
    .where('due_at', '<=', now.getTime())
    .orderBy('due_at')
    .limit(limit)
    .execute()
  return rows.map(toUpload)
}
