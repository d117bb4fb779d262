/** Berth as a backend calls it, with an API key. */

import { createApi, pathOf, type Connection, type Stop } from './api.ts'
import type { Problem, Upload } from './record.ts'
import { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'

export type BackendOptions = Omit<Connection, 'token'> & {
  /** `berth_…`; never in a page: pages get upload tokens. */
  apiKey: string
}

export type SlotRequest = {
  filename: string
  contentType: string
  /** Bytes. */
  size: number
  profile?: string
  /** Base64. */
  sha256?: string
  metadata?: Record<string, string>
  /** Seconds. */
  expiresIn?: number
  /** The end user, as you name them. */
  subject?: string
}

export type TokenTerms = {
  profile?: string
  subject?: string
  maxUploads?: number
  /** Declared bytes of all of them together. */
  maxBytes?: number
  /** Seconds, an hour at most. */
  expiresIn?: number
}

export type Download = {
  url: string
  expiresAt: string
  filename: string
  contentType: string
  size: number
  sha256: string
}

/** Every call rejects with `UploadError` when Berth refuses it. */
export type Backend = {
  /** @param options.idempotencyKey the same one for the same upload, whenever it is asked for. */
  requestSlot: (
    request: SlotRequest,
    options?: Stop & { idempotencyKey?: string },
  ) => Promise<Upload>
  /** Up to 100; one result each, in the same order. */
  requestSlots: (
    requests: readonly SlotRequest[],
    options?: Stop,
  ) => Promise<({ upload: Upload } | { problem: Problem })[]>
  /** For a page: a few uploads of one profile. */
  createToken: (terms: TokenTerms, options?: Stop) => Promise<{ token: string; expiresAt: string }>
  /** @param options.wait seconds, up to 30: answers as soon as the upload is over. */
  getUpload: (id: string, options?: Stop & { wait?: number }) => Promise<Upload>
  /** Withdraws an upload; of a ready one, the object is deleted. */
  deleteUpload: (id: string, options?: Stop) => Promise<Upload>
  /** A URL that saves the verified bytes. */
  download: (id: string, options?: Stop & { expiresIn?: number }) => Promise<Download>
  /** What was verified, with Berth's signature checked. */
  receipt: (id: string, options?: Stop) => Promise<Receipt>
}

export function createBackend({ apiKey, ...connection }: BackendOptions): Backend {
  const api = createApi({ ...connection, token: apiKey })
  const one = (id: string): string => pathOf(encodeURIComponent(id))
  const query = (name: string, value: number | undefined): string =>
    value === undefined ? '' : `?${name}=${value}`
  return {
    requestSlot: (body, options = {}) => {
      // Of its own, too: then a call whose answer is lost can be repeated.
      const headers = { 'idempotency-key': options.idempotencyKey ?? crypto.randomUUID() }
      return api('POST', '/v1/uploads', { ...options, body, headers })
    },
    requestSlots: async (uploads, options) => {
      const headers = { 'idempotency-key': crypto.randomUUID() }
      const asked = { ...options, body: { uploads }, headers }
      const answer = await api<{ results: ({ upload: Upload } | { problem: Problem })[] }>(
        'POST',
        '/v1/uploads/batch',
        asked,
      )
      return answer.results
    },
    createToken: (body, options) => api('POST', '/v1/tokens', { ...options, body }),
    getUpload: (id, options) => api('GET', one(id) + query('wait', options?.wait), options),
    deleteUpload: (id, options) => api('DELETE', one(id), options),
    download: (id, options) =>
      api('GET', `${one(id)}/download${query('expiresIn', options?.expiresIn)}`, options),
    receipt: async (id, options) => {
      const receipt = await api<string>('GET', `${one(id)}/receipt`, options)
      const keys = await api<KeySet>('GET', '/.well-known/jwks.json', options)
      return verifyReceipt(receipt, keys, id)
    },
  }
}
