/** The claim: a server-side copy out of the uploader's reach, pinned to what a HEAD saw. */

import { CopyObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { abortAssemblies } from './assemblies.ts'
import { copyInParts } from './claim-large.ts'
import type { Location } from './config.ts'
import { isAbsent, isChanged, toUnavailable } from './errors.ts'
import { inTime } from './in-time.ts'
import { deleteObject } from './objects.ts'
import type { SealAs } from './seal-as.ts'

/** `changed`: look again. `gone`: there is nothing to claim. */
export type Claimed = 'claimed' | 'changed' | 'gone'

export type CopyLimits = {
  /** Larger objects are copied in parts (S3: CopyObject takes 5 GiB). */
  wholeBytes: number
  partBytes: number
  /** What a copy may take, whatever its size. */
  patienceMs: number
}

export const S3_COPY_LIMITS: CopyLimits = {
  wholeBytes: 5 * 1024 ** 3,
  partBytes: 1024 ** 3,
  patienceMs: 15_000,
}

const SLOW_STORE_BYTES_PER_MS = 20_000

/** By size: the lease is renewed all the while, so a small copy that hangs must not hang for long. */
const copyTimeoutMs = (bytes: number, { patienceMs }: CopyLimits): number =>
  Math.ceil(patienceMs + bytes / SLOW_STORE_BYTES_PER_MS)

type Claim = { from: Location; toKey: string; as: SealAs; limits: CopyLimits }

/** @param signal aborts when the caller no longer wants the copy; it may be made all the same. */
export async function claimObject(
  keeper: S3Client,
  claim: Claim,
  signal?: AbortSignal,
): Promise<Claimed> {
  try {
    const copy = claim.as.size > claim.limits.wholeBytes ? copyLarge : copyWhole
    await copy(keeper, claim, signal)
    return 'claimed'
  } catch (error) {
    if (isChanged(error)) return 'changed'
    if (isAbsent(error)) return 'gone'
    throw toUnavailable(error)
  }
}

/** Deletes a sealed copy, and what an interrupted copy in parts may have left. */
export async function discardClaim(
  keeper: S3Client,
  location: Location,
  { size, limits }: { size: number; limits: CopyLimits },
): Promise<void> {
  await deleteObject(keeper, location)
  if (size <= limits.wholeBytes) return
  await abortAssemblies(keeper, location)
}

async function copyWhole(
  keeper: S3Client,
  { from, toKey, as, limits }: Claim,
  signal?: AbortSignal,
): Promise<void> {
  const copy = new CopyObjectCommand({
    Bucket: from.bucket,
    Key: toKey,
    CopySource: sourceOf(from, as),
    CopySourceIfMatch: as.etag,
    // Clients can smuggle unsigned cache-control, content-encoding and tags past a signature.
    MetadataDirective: 'REPLACE',
    TaggingDirective: 'REPLACE',
    ContentType: as.contentType,
    ContentDisposition: 'attachment',
  })
  const bounded = { most: copyTimeoutMs(as.size, limits), signal }
  await inTime((bounds) => keeper.send(copy, bounds), bounded)
}

function copyLarge(
  keeper: S3Client,
  { from, toKey, as, limits }: Claim,
  signal?: AbortSignal,
): Promise<void> {
  const to = { bucket: from.bucket, key: toKey }
  const { partBytes } = limits
  const parts = Math.ceil(as.size / partBytes)
  const large = { source: sourceOf(from, as), to, as, partBytes }
  const bounded = { most: parts * copyTimeoutMs(partBytes, limits), signal }
  return inTime(({ abortSignal }) => copyInParts(keeper, large, abortSignal), bounded)
}

function sourceOf({ bucket, key }: Location, { versionId }: SealAs): string {
  const version = versionId === null ? '' : `?versionId=${encodeURIComponent(versionId)}`
  return `${bucket}/${key}${version}`
}
