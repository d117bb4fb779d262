/** The audit of all uploads: every transition in the order of its moment, page by page. */

import type { Cause, UploadState } from '../upload/upload.ts'
import type { Store } from './store.ts'

export type AuditEntry = {
  uploadId: string
  tenant: string
  profile: string
  version: number
  state: UploadState
  /** Null: the upload was created. */
  previousState: UploadState | null
  at: Date
  cause: Cause
  detail: string | null
}

/** `since` is inclusive, `until` exclusive. */
export type AuditSpan = { since: Date; until: Date }

type Position = Pick<AuditEntry, 'at' | 'uploadId' | 'version'>

/** @param after the last entry of the page before; null for the first page. */
export async function listAudit(
  { db }: Store,
  { since, until }: AuditSpan,
  after: Position | null,
  limit: number,
): Promise<AuditEntry[]> {
  const rows = await db
    .selectFrom('transitions')
    .innerJoin('uploads', 'uploads.id', 'transitions.upload_id')
    .select(['transitions.upload_id as uploadId', 'uploads.tenant', 'uploads.profile'])
    .select(['transitions.version', 'transitions.state', 'transitions.previous_state'])
    .select(['transitions.at', 'transitions.cause', 'transitions.detail'])
    .where('transitions.at', '>=', (after?.at ?? since).getTime())
    .where('transitions.at', '<', until.getTime())
    .where((row) =>
      after === null
        ? row.and([])
        : row(
            row.refTuple('transitions.at', 'transitions.upload_id', 'transitions.version'),
            '>',
            row.tuple(after.at.getTime(), after.uploadId, after.version),
          ),
    )
    .orderBy('transitions.at')
    .orderBy('transitions.upload_id')
    .orderBy('transitions.version')
    .limit(limit)
    .execute()
  return rows.map(({ previous_state, at, ...row }) => ({
    ...row,
    previousState: previous_state,
    at: new Date(at),
  }))
}
