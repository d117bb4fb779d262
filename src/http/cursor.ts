/** List cursors: the last id, sealed for its tenant, so that no other can be made up. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalidCursor } from '../problems.ts'

/** Of the list that the cursor is for, so that no other list's is taken. */
type IdForm = RegExp

const UPLOAD_IDS: IdForm = /^upl_[0-9a-f]{32}$/
export const DELIVERY_IDS: IdForm = /^dlv_[0-9a-f]{32}$/

export type Cursors = {
  seal: (tenant: string, id: string) => string
  /** Throws `invalid-cursor`. */
  open: (tenant: string, cursor: string) => string
}

const TAG_BYTES = 16

export function createCursors(secret: string, ids: IdForm = UPLOAD_IDS): Cursors {
  const tag = (tenant: string, id: string): Buffer =>
    createHmac('sha256', secret).update(`cursor\n${tenant}\n${id}`).digest().subarray(0, TAG_BYTES)

  return {
    seal: (tenant, id) => Buffer.concat([tag(tenant, id), Buffer.from(id)]).toString('base64url'),
    open: (tenant, cursor) => {
      const bytes = Buffer.from(cursor, 'base64url')
      const id = bytes.subarray(TAG_BYTES).toString('latin1')
      const given = bytes.subarray(0, TAG_BYTES)
      if (!ids.test(id) || !timingSafeEqual(given, tag(tenant, id))) throw invalidCursor()
      return id
    },
  }
}
