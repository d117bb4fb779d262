/** Staging objects that may go: their upload is over and no PUT can land any more. */

import { sql } from 'kysely'
import { finalStates } from '../upload/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

export async function listStagingDue(store: Store, now: Date, limit: number): Promise<Upload[]> {
  const rows = await store.db
    .selectFrom('uploads')
    .selectAll()
    .where('staging_due_at', '<=', now.getTime())
    // As literals: with parameters the planner cannot see that the partial index applies.
    .where(
      'state',
      'in',
      finalStates().map((state) => sql.lit(state)),
    )
    .orderBy('staging_due_at')
    .limit(limit)
    .execute()
  return rows.map(toUpload)
}

/** Deleted, but something may still land until then. */
export const postponeStaging = (store: Store, uploadId: string, dueAt: Date): Promise<unknown> =>
  store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ staging_due_at: dueAt.getTime() })
        .where('id', '=', uploadId)
        .execute(),
    uploadId,
  )

export const recordStagingGone = (store: Store, uploadId: string): Promise<unknown> =>
  store.write(
    (trx) =>
      trx.updateTable('uploads').set({ staging_due_at: null }).where('id', '=', uploadId).execute(),
    uploadId,
  )
