/** Received uploads that a worker may take now, the longest waiting first. */

import { listDue } from '../store/uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export const nextVerifications = (
  { store, now }: Pick<Deps, 'store' | 'now'>,
  limit: number,
): Promise<Upload[]> => listDue(store, 'received', now(), limit)
