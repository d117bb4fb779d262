/** Received uploads that a worker may take now: each tenant in its turn, the longest waiting first. */

import { listDueInTurns } from '../store/uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export const nextVerifications = (
  { store, now }: Pick<Deps, 'store' | 'now'>,
  limit: number,
): Promise<Upload[]> => listDueInTurns(store, now(), limit)
