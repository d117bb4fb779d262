/** An upload of the caller's tenant, or the same 404 that an unknown id gets. */

import { notFound } from '../problems.ts'
import { findUpload } from '../store/uploads.ts'
import { isUploadId } from '../upload/keys.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export async function requireUpload(
  { store }: Pick<Deps, 'store'>,
  tenant: string,
  id: string,
): Promise<Upload> {
  const upload = isUploadId(id) ? await findUpload(store, tenant, id) : null
  if (!upload) throw notFound()
  return upload
}
