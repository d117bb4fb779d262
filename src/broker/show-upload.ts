/** One upload as an operator sees it: the record, its way, what is due next, and who was told. */

import { listDeliveries, type DeliveryRow } from '../store/deliveries.ts'
import { listHistory, type HistoryEntry } from '../store/history.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

/** One event per final state, and a hundred endpoints at most. */
const MOST_DELIVERIES = 200

export type ShownUpload = { upload: Upload; history: HistoryEntry[]; deliveries: DeliveryRow[] }

/** Throws `not-found`. */
export async function showUpload(
  { store }: Pick<Deps, 'store'>,
  tenant: string,
  id: string,
): Promise<ShownUpload> {
  const upload = await requireUpload({ store }, tenant, id)
  const history = await listHistory(store, upload.id)
  const filter = { uploadId: upload.id }
  const deliveries = await listDeliveries(store, tenant, filter, MOST_DELIVERIES)
  return { upload, history, deliveries }
}
