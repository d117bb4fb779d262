/** A page of the uploads that an operator looks for, and how far back this call has looked. */

import { searchUploads, type SearchFilter } from '../store/search-uploads.ts'
import { findUpload } from '../store/uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export type SearchPage = {
  uploads: Upload[]
  nextId: string | null
  /** Null: everything was looked at, or the page is full. */
  searchedBackTo: Date | null
}

export async function searchPage(
  { store }: Pick<Deps, 'store'>,
  tenant: string,
  filter: SearchFilter,
  limit: number,
): Promise<SearchPage> {
  const id = idIn(filter.text)
  if (id !== null) {
    const upload = await findUpload(store, tenant, id)
    return { uploads: upload ? [upload] : [], nextId: null, searchedBackTo: null }
  }
  // One more than asked for tells whether the page is full.
  const { uploads: found, edge } = await searchUploads(store, tenant, filter, limit + 1)
  const uploads = found.slice(0, limit)
  const last = uploads.at(-1)
  if (found.length > limit && last) return { uploads, nextId: last.id, searchedBackTo: null }
  return { uploads, nextId: edge?.id ?? null, searchedBackTo: edge?.createdAt ?? null }
}

/** An id is looked up, also when it is part of an object's key or of a message. */
const idIn = (text: string | undefined): string | null =>
  /upl_[0-9a-f]{32}/.exec(text ?? '')?.[0] ?? null

export type { SearchFilter }
