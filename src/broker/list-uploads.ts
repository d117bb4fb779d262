/** One page of the caller's uploads, newest first, and where the next one begins. */

import { listUploads, type ListFilter } from '../store/uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { pageOf } from './page.ts'

export type Page = { uploads: Upload[]; nextId: string | null }

export async function listPage(
  { store }: Pick<Deps, 'store'>,
  tenant: string,
  filter: ListFilter,
  limit: number,
): Promise<Page> {
  const found = await listUploads(store, tenant, filter, limit + 1)
  const { rows, nextId } = pageOf(found, limit)
  return { uploads: rows, nextId }
}

export type { ListFilter }
