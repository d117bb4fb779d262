/** The words of Berth's API, as far as clients read them. */

export type UploadState =
  | 'pending'
  | 'received'
  | 'verifying'
  | 'ready'
  | 'rejected'
  | 'expired'
  | 'canceled'
  | 'failed'
  | 'deleted'

/** One PUT to the object store. */
export type Slot = {
  method: string
  url: string
  /** Exactly what has to be sent. */
  headers: Record<string, string>
  /** RFC 3339. */
  expiresAt: string
}

/** The slot of one part; `size` in bytes. */
export type PartSlot = Slot & { partNumber: number; size: number }

/** The record of one upload; times are RFC 3339, sizes bytes, hashes base64. */
export type Upload = {
  id: string
  state: UploadState
  version: number
  profile: string
  filename: string
  contentType: string
  size: number
  /** The declared one; the verified one is in `object`. */
  sha256: string | null
  metadata: Record<string, string>
  subject: string | null
  createdAt: string
  updatedAt: string
  landBy: string
  /** In answers that issue one. */
  slot: Slot | null
  /** How a large object is divided; not there, or null, when it is one PUT. */
  parts?: { size: number; count: number } | null
  /** Null until the upload is ready. */
  object: {
    bucket: string
    key: string | null
    versionId: string | null
    size: number
    contentType: string
    sha256: string
    scan: 'clean' | 'off'
    verifiedAt: string
  } | null
  rejection: { reason: string; detail: string; expected: string; observed: string } | null
}

/** A refusal of Berth's (RFC 9457). */
export type Problem = {
  /** An address; its last segment names the kind of problem. */
  type: string
  status: number
  title: string
  detail: string
  expected: string
  retry: 'safe' | 'after-fix' | 'never'
  errors?: { pointer: string; detail: string }[]
  /** The id of the request, for whoever reads the logs. */
  instance?: string
}

export const isOver = ({ state }: Upload): boolean => !/^(pending|received|verifying)$/.test(state)
