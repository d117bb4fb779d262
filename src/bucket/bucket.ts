/** The object store, reduced to what Berth does with it. */

import type { ListedPart } from '../upload/parts.ts'
import type { Observed } from '../upload/upload.ts'
import { abortAssemblies, abortAssembly, listAssemblies, type BegunAssembly } from './assemblies.ts'
import {
  claimObject,
  discardClaim,
  S3_COPY_LIMITS,
  type Claimed,
  type CopyLimits,
} from './claim.ts'
import { createClient } from './client.ts'
import { watchClock } from './clock-skew.ts'
import type { BucketConfig, Location } from './config.ts'
import {
  checkBucket,
  deleteObject,
  headObject,
  listObjects,
  listPage,
  readObject,
  type ListedObject,
  type ListedPage,
  type Listing,
  type ObjectStream,
} from './objects.ts'
import {
  beginAssembly,
  completeAssembly,
  listParts,
  presignPart,
  type Completed,
  type Completion,
  type PartTerms,
} from './parts.ts'
import { createPresign } from './presign.ts'
import type { SealAs } from './seal-as.ts'
import {
  presignDownload,
  presignSlot,
  type DownloadTerms,
  type Slot,
  type SlotTerms,
} from './slots.ts'

/** Every call but the signing ones may throw `storage-unavailable`; that is never a verdict. */
export type Bucket = {
  /** The bucket of profiles that name none. */
  name: string
  presignPut: (location: Location, terms: SlotTerms, now: Date) => Promise<Slot>
  presignGet: (
    location: Location,
    terms: DownloadTerms,
    now: Date,
  ) => Promise<{ url: string; expiresAt: Date }>
  /** S3 HeadObject; null when there is no object. */
  head: (location: Location) => Promise<Observed | null>
  /** S3 CopyObject, or UploadPartCopy, with the source's ETag as condition; metadata and tags replaced. */
  claim: (from: Location, toKey: string, as: SealAs, signal?: AbortSignal) => Promise<Claimed>
  /** S3 GetObject; null when there is no object. */
  read: (location: Location, signal: AbortSignal) => Promise<ObjectStream | null>
  /** S3 DeleteObject; an absent object is deleted already. */
  remove: (location: Location) => Promise<void>
  /** S3 DeleteObject of a sealed copy, and AbortMultipartUpload of a large one's remains. */
  discard: (location: Location, size: number) => Promise<void>
  /** S3 ListObjectsV2, all pages. */
  list: (bucket: string, prefix: string) => AsyncIterable<ListedObject>
  /** S3 ListObjectsV2, one page, in the order of the keys. */
  listPage: (listing: Listing) => Promise<ListedPage>
  /** S3 CreateMultipartUpload; the store's name for it. */
  beginAssembly: (location: Location, contentType: string) => Promise<string>
  presignPart: (location: Location, terms: PartTerms, now: Date) => Promise<Slot>
  /** S3 ListParts, all pages; null when there is no such multipart upload. */
  listParts: (location: Location, assembly: string) => Promise<ListedPart[] | null>
  /** S3 CompleteMultipartUpload with `if-none-match`. */
  completeAssembly: (location: Location, completion: Completion) => Promise<Completed>
  /** S3 AbortMultipartUpload; one that is over is ended already. */
  abortAssembly: (location: Location, assembly: string) => Promise<void>
  /** S3 AbortMultipartUpload of everything unfinished under one key. */
  abortAssemblies: (location: Location) => Promise<void>
  /** S3 ListMultipartUploads, all pages. */
  listAssemblies: (bucket: string, prefix: string) => AsyncIterable<BegunAssembly>
  /** S3 HeadBucket. */
  check: () => Promise<void>
  /** How far the store's clock is ahead of ours, by its last answer; null before the first. */
  clockSkewSeconds: () => number | null
}

export function createBucket(
  config: BucketConfig,
  limits: CopyLimits = S3_COPY_LIMITS,
  now: () => Date = () => new Date(),
): Bucket {
  const keeper = createClient(config, config.keeper)
  const skew = watchClock(keeper, now)
  const signer = config.signer ? createClient(config, config.signer) : keeper
  const reader = config.reader ? createClient(config, config.reader) : keeper
  const sign = createPresign(config, signer)
  const signDownload = createPresign(config, reader)

  return {
    name: config.name,
    presignPut: (location, terms, now) => presignSlot(sign, { location, terms, now }),
    presignGet: (location, terms, now) => presignDownload(signDownload, { location, terms, now }),
    head: (location) => headObject(keeper, location),
    claim: (from, toKey, as, signal) => claimObject(keeper, { from, toKey, as, limits }, signal),
    read: (location, signal) => readObject(keeper, location, signal),
    remove: (location) => deleteObject(keeper, location),
    discard: (location, size) => discardClaim(keeper, location, { size, limits }),
    list: (bucket, prefix) => listObjects(keeper, bucket, prefix),
    listPage: (listing) => listPage(keeper, listing),
    // By the signer, which may put to staging; the keeper may not, and need not.
    beginAssembly: (location, contentType) => beginAssembly(signer, location, contentType),
    presignPart: (location, terms, now) => presignPart(sign, { location, terms, now }),
    listParts: (location, assembly) => listParts(keeper, location, assembly),
    completeAssembly: (location, completion) => completeAssembly(signer, location, completion),
    abortAssembly: (location, assembly) => abortAssembly(keeper, location, assembly),
    abortAssemblies: (location) => abortAssemblies(keeper, location),
    listAssemblies: (bucket, prefix) => listAssemblies(keeper, bucket, prefix),
    check: () => checkBucket(keeper, config.name),
    clockSkewSeconds: skew,
  }
}
