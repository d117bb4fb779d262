/** Which of the store's multipart uploads an upload in parts is gathered in. No change of state. */

import type { Upload } from '../upload/upload.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

/** Null when another call has recorded one first, or the upload is pending no more. */
export async function recordAssembly(
  store: Store,
  upload: Upload,
  assembly: string,
): Promise<Upload | null> {
  const row = await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ assembly })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('assembly', 'is', null)
        .returningAll()
        .executeTakeFirst(),
    upload.id,
  )
  return row ? toUpload(row) : null
}

/** False when the upload is pending no more, or gathered in another one. */
export async function recordCompleting(store: Store, upload: Upload, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ completing_since: now.getTime() })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('assembly', '=', upload.assembly)
        .executeTakeFirstOrThrow(),
    upload.id,
  )
  return numUpdatedRows > 0n
}

/** The store knows it no more: the next part begins another one. */
export const forgetAssembly = (store: Store, upload: Upload): Promise<unknown> =>
  store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ assembly: null, completing_since: null })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('assembly', '=', upload.assembly)
        .execute(),
    upload.id,
  )
