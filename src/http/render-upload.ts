/** The record as callers see it: what everybody is told, and the slot where one was issued. */

import type { Download } from '../broker/download-upload.ts'
import type { IssuedSlot } from '../broker/issue-slot.ts'
import type { Guarantees } from '../upload/guarantees.ts'
import { toRecord } from '../upload/record.ts'
import type { Upload } from '../upload/upload.ts'

// Assigned: V8 goes into its runtime for a property that follows a spread.
export const renderUpload = (
  upload: Upload,
  guarantees: Guarantees,
  slot: IssuedSlot['slot'] | null = null,
) => Object.assign(toRecord(upload, guarantees), { slot })

export function renderDownload({ url, expiresAt, upload, object }: Download) {
  const { contentType, size, sha256 } = object
  return { url, expiresAt, filename: upload.declared.filename, contentType, size, sha256 }
}
