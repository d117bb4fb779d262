/** The claim: a server-side copy out of the uploader's reach, pinned to what a HEAD saw. */

import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Location } from './config.ts'
import { isAbsent, isChanged, toUnavailable } from './errors.ts'

export type SealAs = {
  /** The ETag of the HEAD: the copy is refused when the source has changed since. */
  etag: string
  versionId: string | null
  contentType: string
}

/** `changed`: look again. `gone`: there is nothing to claim. */
export type Claimed = 'claimed' | 'changed' | 'gone'

// 5 GiB at a slow store's 20 MB/s; the lease is renewed meanwhile.
const COPY_TIMEOUT_MS = 300_000

export async function claimObject(
  keeper: S3Client,
  { from, toKey, as }: { from: Location; toKey: string; as: SealAs },
): Promise<Claimed> {
  const version = as.versionId === null ? '' : `?versionId=${encodeURIComponent(as.versionId)}`
  const copy = new CopyObjectCommand({
    Bucket: from.bucket,
    Key: toKey,
    CopySource: `${from.bucket}/${from.key}${version}`,
    CopySourceIfMatch: as.etag,
    // Clients can smuggle unsigned cache-control, content-encoding and tags past a signature.
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    ContentType: as.contentType,
    ContentDisposition: 'attachment',
  })
  try {
    await keeper.send(copy, { abortSignal: AbortSignal.timeout(COPY_TIMEOUT_MS) })
    return 'claimed'
  } catch (error) {
    if (isChanged(error)) return 'changed'
    if (isAbsent(error)) return 'gone'
    throw toUnavailable(error)
  }
}
