/** The two kinds of URL that Berth gives out: one PUT to staging, and a download that saves a file. */

import { attachment } from '../upload/content-disposition.ts'
import type { Declared } from '../upload/upload.ts'
import type { Location } from './config.ts'
import type { Presign, Signed } from './presign.ts'

export type Slot = {
  method: 'PUT'
  url: string
  /** Exactly what the client has to send; content-length is set by its HTTP stack. */
  headers: Record<string, string>
  expiresAt: Date
}

export type SlotTerms = Pick<Declared, 'size' | 'contentType' | 'sha256'> & { ttlSeconds: number }

export type DownloadTerms = { filename: string; contentType: string; ttlSeconds: number }

type About<Terms> = { location: Location; terms: Terms; now: Date }

/** Every promise is a signed header, so a store that checks signatures refuses a PUT that breaks one. */
export async function presignSlot(sign: Presign, about: About<SlotTerms>): Promise<Slot> {
  const { location, terms, now } = about
  const headers: Record<string, string> = {
    'content-type': terms.contentType,
    // Single use: while an object is at the key, no second PUT is accepted.
    'if-none-match': '*',
  }
  if (terms.sha256 !== null) headers['x-amz-checksum-sha256'] = terms.sha256
  // Assigned: V8 goes into its runtime for a property that follows a spread.
  const signed = Object.assign({ 'content-length': String(terms.size) }, headers)
  const { ttlSeconds } = terms
  const asked = { method: 'PUT', location, headers: signed, query: {}, ttlSeconds } as const
  const { url, expiresAt } = await sign(asked, now)
  return { method: 'PUT', url, headers, expiresAt }
}

/** Always as an attachment and with the verified type, whatever a browser would make of the bytes. */
export function presignDownload(sign: Presign, about: About<DownloadTerms>): Promise<Signed> {
  const { location, terms, now } = about
  const query = {
    'response-content-disposition': attachment(terms.filename),
    'response-content-type': terms.contentType,
  }
  return sign({ method: 'GET', location, headers: {}, query, ttlSeconds: terms.ttlSeconds }, now)
}
