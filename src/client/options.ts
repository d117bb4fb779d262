/** What may be said of one upload, and what is told of it while it is on its way. */

/**
 * `offline`: waits for the network, and goes on by itself. `sent` and `total` are bytes; while
 * hashing, `sent` counts those that were read.
 */
export type Progress = {
  stage: 'hashing' | 'sending' | 'offline' | 'verifying'
  sent: number
  total: number
  /** The upload's, once there is one. */
  id: string | null
}

export type UploadOptions = {
  /** Without it the token's, or `default`. */
  profile?: string
  metadata?: Record<string, string>
  /** Without them the file's own. */
  filename?: string
  contentType?: string
  /** The end user, as you name them; API keys only. */
  subject?: string
  /** Seconds that a slot is good for. */
  expiresIn?: number
  /** Reads the file before, and declares its SHA-256. */
  sha256?: boolean
  /** `false`: resolves when the bytes have arrived, with the record as it is then. */
  wait?: boolean
  onProgress?: (progress: Progress) => void
  /** Ends it; the upload is withdrawn, unless it can be resumed. */
  signal?: AbortSignal
}
