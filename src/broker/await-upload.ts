/** A long poll: the record as soon as its state is final, or when the wait is over. */

import { isFinal } from '../upload/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

// Another node may have moved the upload, so the database is asked as well, at a low rate.
const POLL_MS = 1_000

export type Wait = { seconds: number; signal: AbortSignal }

export async function awaitUpload(
  deps: Pick<Deps, 'store' | 'now'>,
  tenant: string,
  id: string,
  { seconds, signal }: Wait,
): Promise<Upload> {
  const until = deps.now().getTime() + seconds * 1000
  for (;;) {
    const leftMs = until - deps.now().getTime()
    const settled = new AbortController()
    const heard = AbortSignal.any([signal, settled.signal])
    // Listening starts before the look, so that no change falls between the two.
    const change = deps.store.changes.next(id, Math.max(0, Math.min(POLL_MS, leftMs)), heard)
    const upload = await requireUpload(deps, tenant, id)
    if (leftMs <= 0 || signal.aborted || isFinal(upload.state)) {
      settled.abort()
      return upload
    }
    await change
  }
}
