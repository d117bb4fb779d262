/** Withdraw an upload before it is ready, or delete the object of a ready one. Safe to repeat. */

import { forbiddenToToken, illegalState, preconditionFailed } from '../problems.ts'
import { recordDeleted, recordEnded } from '../store/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

type CancelDeps = Pick<Deps, 'store' | 'log' | 'now'>

/** Who may withdraw an upload may not always delete a verified object. */
export type CancelLimits = {
  mayDelete: boolean
  /** Null: whatever the version is. Otherwise the quoted versions that If-Match names. */
  ifMatch?: readonly string[] | null
}

export async function cancelUpload(
  deps: CancelDeps,
  tenant: string,
  id: string,
  { mayDelete, ifMatch = null }: CancelLimits = { mayDelete: true },
): Promise<Upload> {
  for (;;) {
    const upload = await requireUpload(deps, tenant, id)
    // The change itself is a compare-and-set on this version.
    const isSeen = ifMatch === null || ifMatch.includes(`"${upload.version}"`)
    if (!isSeen) throw preconditionFailed(upload.version)
    if (upload.state === 'ready' && !mayDelete) throw onlyBeforeReady()
    const ended = await end(deps, upload)
    if (ended) return ended
    // Lost the race against another transition: look again, and decide about the new state.
  }
}

const onlyBeforeReady = () => forbiddenToToken('an upload token may not delete what is ready')

async function end({ store, log, now }: CancelDeps, upload: Upload): Promise<Upload | null> {
  const when = { at: now(), cause: 'api' } as const
  switch (upload.state) {
    case 'pending':
    case 'received':
    case 'verifying':
      log.info('upload.canceled', { uploadId: upload.id, was: upload.state })
      return recordEnded(store, upload, 'canceled', when)
    case 'ready':
      log.info('upload.deleted', { uploadId: upload.id })
      return recordDeleted(store, upload, when)
    case 'canceled':
    case 'deleted':
      return upload
    case 'rejected':
    case 'expired':
    case 'failed':
      throw illegalState(upload.state, 'an upload that is not over, or a ready one')
  }
}
