/** What the API answers, as far as the pages use it. */

export type State =
  | 'pending'
  | 'received'
  | 'verifying'
  | 'ready'
  | 'rejected'
  | 'expired'
  | 'canceled'
  | 'failed'
  | 'deleted'

export type Slot = {
  method: string
  url: string
  headers: Record<string, string>
  expiresAt: string
}

/** All parts have this size in bytes, but the last one. */
export type Parts = { size: number; count: number }

export type Promises = 'size' | 'contentType' | 'sha256' | 'singleUse'
export type Guarantees = Record<Promises, 'storage' | 'verification'>

export type Upload = {
  id: string
  state: State
  profile: string
  filename: string
  contentType: string
  size: number
  sha256: string | null
  metadata: Record<string, string>
  subject: string | null
  createdAt: string
  updatedAt: string
  landBy: string
  version: number
  slot: Slot | null
  /** Of an upload that is sent in parts; there is no slot then. */
  parts?: Parts | null
  guarantees: Guarantees
  object: {
    bucket: string
    key: string | null
    size: number
    contentType: string
    sha256: string
    scan: string
    verifiedAt: string
  } | null
  rejection: { reason: string; detail: string; expected: string; observed: string } | null
}

export type Step = {
  version: number
  state: State
  at: string
  cause: string
  detail: string | null
}

const OPEN: readonly State[] = ['pending', 'received', 'verifying']

export const isFinal = (state: State): boolean => !OPEN.includes(state)
