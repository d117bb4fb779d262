/** What a claim pins, and what the sealed copy is to be. */

export type SealAs = {
  /** Bytes, as the HEAD said. */
  size: number
  /** The ETag of the HEAD: the copy is refused when the source has changed since. */
  etag: string
  versionId: string | null
  contentType: string
}
