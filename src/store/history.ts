/** The audit of one upload: every transition, oldest first. */

import type { Cause, UploadState } from '../upload/upload.ts'
import type { Store } from './store.ts'

export type HistoryEntry = {
  version: number
  state: UploadState
  at: Date
  cause: Cause
  detail: string | null
}

export async function listHistory(store: Store, uploadId: string): Promise<HistoryEntry[]> {
  const rows = await store.db
    .selectFrom('transitions')
    .select(['version', 'state', 'at', 'cause', 'detail'])
    .where('upload_id', '=', uploadId)
    .orderBy('version')
    .execute()
  return rows.map((row) => ({ ...row, at: new Date(row.at) }))
}
