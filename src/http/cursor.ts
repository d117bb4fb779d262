/** List cursors: the last id, sealed for its tenant, so that no other can be made up. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalidCursor } from '../problems.ts'
import { isUploadId } from '../upload/keys.ts'

export type Cursors = {
  seal: (tenant: string, id: string) => string
  /** Throws `invalid-cursor`. */
  open: (tenant: string, cursor: string) => string
}

const TAG_BYTES = 16

export function createCursors(secret: string): Cursors {
  const tag = (tenant: string, id: string): Buffer =>
    createHmac('sha256', secret).update(`cursor\n${tenant}\n${id}`).digest().subarray(0, TAG_BYTES)

  return {
    seal: (tenant, id) => Buffer.concat([tag(tenant, id), Buffer.from(id)]).toString('base64url'),
    open: (tenant, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url')
      const id = bytes.subarray(TAG_BYTES).toString('latin1')
      const given = bytes.subarray(0, TAG_BYTES)
      if (!isUploadId(id) || !timingSafeEqual(given, tag(tenant, id))) throw invalidCursor()
      return id
    },
  }
}
