/** Every change of an upload as it comes, beginning with what the reader has not seen yet. */

import { listHistory, type HistoryEntry } from '../store/history.ts'
import { isFinal } from '../upload/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

export type Following = {
  /** The version that the reader has seen; null: none, so it begins with the record as it is. */
  after: number | null
  /** Milliseconds; who follows for longer asks again, and shows that it still may. */
  forMs: number
  signal: AbortSignal
}

type FollowDeps = Pick<Deps, 'store' | 'now'>

/** Ends after a final state, when the time is over, or when the signal aborts. */
export async function* followUpload(
  deps: FollowDeps,
  tenant: string,
  id: string,
  { after, forMs, signal }: Following,
): AsyncGenerator<Upload, void> {
  const until = deps.now().getTime() + forMs
  // Listening starts before the look, so that no change falls between the two.
  const listener = deps.store.changes.listen(id)
  let seen = after
  try {
    while (!signal.aborted) {
      const { version, isOver } = yield* tellUnseen(deps, tenant, id, seen)
      seen = version
      const leftMs = until - deps.now().getTime()
      if (leftMs <= 0 || isOver) return
      await listener.changedFrom(version, leftMs, signal)
    }
  } finally {
    listener.end()
  }
}

/** @returns where it stands, and no record: thousands wait, and none shall hold one meanwhile. */
async function* tellUnseen(
  deps: FollowDeps,
  tenant: string,
  id: string,
  seen: number | null,
): AsyncGenerator<Upload, { version: number; isOver: boolean }> {
  const upload = await requireUpload(deps, tenant, id)
  yield* await unseen(deps, upload, seen)
  return { version: upload.version, isOver: isFinal(upload.state) }
}

/** A version that is ahead of the record is none that we told: then it begins anew. */
async function unseen(
  { store }: FollowDeps,
  upload: Upload,
  seen: number | null,
): Promise<Upload[]> {
  if (seen === null || seen > upload.version) return [upload]
  if (seen === upload.version) return []
  const history = await listHistory(store, upload.id)
  return history
    .filter(({ version }) => version > seen && version <= upload.version)
    .map((entry) => (entry.version === upload.version ? upload : asItWas(upload, entry)))
}

/** The record after an earlier change. The key of a deleted object is not told again. */
const asItWas = (upload: Upload, { version, state, at }: HistoryEntry): Upload => ({
  ...upload,
  version,
  state,
  updatedAt: at,
  object: state === 'ready' ? upload.object : null,
  sealedKey: null,
  rejection: null,
})
