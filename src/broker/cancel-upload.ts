/** Withdraw an upload before it is ready, or delete the object of a ready one. Safe to repeat. */

import { illegalState } from '../problems.ts'
import { recordDeleted, recordEnded } from '../store/transitions.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { requireUpload } from './find-upload.ts'

type CancelDeps = Pick<Deps, 'store' | 'log' | 'now'>

export async function cancelUpload(deps: CancelDeps, tenant: string, id: string): Promise<Upload> {
  for (;;) {
    const upload = await requireUpload(deps, tenant, id)
    const ended = await end(deps, upload)
    if (ended) return ended
    // Lost the race against another transition: look again, and decide about the new state.
  }
}

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
