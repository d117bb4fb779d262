/** A long poll: the record as soon as its state is final, or when the wait is over. */

import { isFinal } from '../upload/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

export type Wait = { seconds: number; signal: AbortSignal }

export async function awaitUpload(
  deps: Pick<Deps, 'store' | 'now'>,
  tenant: string,
  id: string,
  { seconds, signal }: Wait,
): Promise<Upload> {
  const until = deps.now().getTime() + seconds * 1000
  // Listening starts before the look, so that no change falls between the two.
  const listener = deps.store.changes.listen(id)
  try {
    for (;;) {
      const upload = await requireUpload(deps, tenant, id)
      const leftMs = until - deps.now().getTime()
      if (leftMs <= 0 || signal.aborted || isFinal(upload.state)) return upload
      await listener.changedFrom(upload.version, leftMs, signal)
    }
  } finally {
    listener.end()
  }
}
