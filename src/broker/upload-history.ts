/** The audit of one upload of the caller's. */

import { listHistory, type HistoryEntry } from '../store/history.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

export async function uploadHistory(
  deps: Pick<Deps, 'store'>,
  tenant: string,
  id: string,
): Promise<HistoryEntry[]> {
  const upload = await requireUpload(deps, tenant, id)
  return listHistory(deps.store, upload.id)
}
