/** New uploads of one group, each with its first audit row. */

import type { Transaction } from 'kysely'
import type { InsertRows } from './insert-rows.ts'
import type { Candidate } from './quotas.ts'
import type { Schema } from './schema.ts'
import { toRow } from './upload-row.ts'

export async function insertAdmitted(
  insertRows: InsertRows,
  trx: Transaction<Schema>,
  admitted: readonly Candidate[],
): Promise<void> {
  if (admitted.length === 0) return
  const uploads = admitted.map(({ upload }) => upload)
  const created = uploads.map(({ id, version, state, createdAt }) => ({
    upload_id: id,
    version,
    state,
    previous_version: null,
    previous_state: null,
    at: createdAt.getTime(),
    cause: 'api' as const,
    detail: null,
  }))
  await insertRows(trx, 'transitions', created)
  await insertRows(trx, 'uploads', uploads.map(toRow))
}
