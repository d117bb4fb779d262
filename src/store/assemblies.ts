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

/** The store knows it no more: the next part begins another one. */
export const forgetAssembly = (store: Store, upload: Upload): Promise<unknown> =>
  store.write(
    (trx) =>
      trx
        .updateTable('uploads')
        .set({ assembly: null })
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .where('assembly', '=', upload.assembly)
        .execute(),
    upload.id,
  )
