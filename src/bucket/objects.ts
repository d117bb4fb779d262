/** The plain calls on objects: HEAD, GET as a stream, delete, list. */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3'
import { addAbortSignal, type Readable } from 'node:stream'
import type { Observed } from '../upload/upload.ts'
import type { Location } from './config.ts'
import { inTime } from './in-time.ts'
import { isAbsent, isEncryptedByClient, isUnexplained, toUnavailable } from './errors.ts'

export type ObjectStream = {
  body: Readable
  contentLength: number
  versionId: string | null
  /** Base64, as the store itself knows it; null when it knows none of the whole object. */
  sha256: string | null
}

export type ListedObject = { key: string; size: number; lastModified: Date }

/** `after`: exclusive; empty for the first page. */
export type Listing = { bucket: string; prefix: string; after: string }

export type ListedPage = { objects: ListedObject[]; isLast: boolean }

const at = ({ bucket, key }: Location) => ({ Bucket: bucket, Key: key })

export async function headObject(keeper: S3Client, location: Location): Promise<Observed | null> {
  try {
    const found = await inTime((bounds) => keeper.send(new HeadObjectCommand(at(location)), bounds))
    const { ContentLength: size, ETag: etag } = found
    // An answer that lost its headers on the way says nothing about the object.
    if (size === undefined || etag === undefined) throw new Error('the answer lacks headers')
    return {
      size,
      // A missing type is a mismatch: every slot names one.
      contentType: found.ContentType ?? '',
      etag,
      versionId: found.VersionId ?? null,
    }
  } catch (error) {
    if (isAbsent(error)) return null
    if (isUnexplained(error) && (await isUnreadable(keeper, location))) return UNREADABLE
    throw toUnavailable(error)
  }
}

const UNREADABLE: Observed = {
  size: -1,
  contentType: '',
  etag: '',
  versionId: null,
  isUnreadable: true,
}

/** Asks by GET, whose refusal has a body with a code. */
async function isUnreadable(keeper: S3Client, location: Location): Promise<boolean> {
  try {
    const command = new GetObjectCommand({ ...at(location), Range: 'bytes=0-0' })
    const { Body } = await inTime((bounds) => keeper.send(command, bounds))
    await Body?.transformToByteArray()
    return false
  } catch (error) {
    return isEncryptedByClient(error)
  }
}

export async function readObject(
  keeper: S3Client,
  location: Location,
  signal: AbortSignal,
): Promise<ObjectStream | null> {
  const get = getWithChecksum(location)
  try {
    const found = await inTime((bounds) => keeper.send(get, bounds), { signal })
    return {
      // The signal stays with the stream, as only the wait for its beginning is bounded above. In Node
      // the SDK's body is the response itself; its wider type is for browsers.
      body: addAbortSignal(signal, found.Body as Readable),
      contentLength: found.ContentLength ?? -1,
      versionId: found.VersionId ?? null,
      sha256: wholeSha256(found),
    }
  } catch (error) {
    if (isAbsent(error)) return null
    throw toUnavailable(error)
  }
}

/** Asked for by the bare header: through its own option the SDK would hash the body a second time. */
function getWithChecksum(location: Location): GetObjectCommand {
  const command = new GetObjectCommand(at(location))
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers['x-amz-checksum-mode'] = 'ENABLED'
      return next(args)
    },
    { step: 'build', name: 'askForChecksum' },
  )
  return command
}

/** The SHA-256 of an object made of parts is one of hashes, and says nothing about the bytes. */
const wholeSha256 = ({ ChecksumSHA256, ChecksumType }: GetObjectCommandOutput): string | null =>
  ChecksumSHA256 === undefined || ChecksumType === 'COMPOSITE' || ChecksumSHA256.includes('-')
    ? null
    : ChecksumSHA256

export async function deleteObject(keeper: S3Client, location: Location): Promise<void> {
  try {
    await inTime((bounds) => keeper.send(new DeleteObjectCommand(at(location)), bounds))
  } catch (error) {
    if (!isAbsent(error)) throw toUnavailable(error)
  }
}

/** Up to a thousand objects in the order of their keys, from the first key after `after`. */
export async function listPage(
  keeper: S3Client,
  { bucket, prefix, after }: Listing,
): Promise<ListedPage> {
  try {
    // Each page starts after a key, not from the store's own token, so that it can begin anywhere.
    const page = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      ...(after !== '' && { StartAfter: after }),
    })
    const { Contents = [], IsTruncated = false } = await inTime((bounds) =>
      keeper.send(page, bounds),
    )
    const objects = Contents.map(({ Key = '', Size = 0, LastModified = new Date(0) }) => ({
      key: Key,
      size: Size,
      lastModified: LastModified,
    }))
    return { objects, isLast: !IsTruncated || objects.length === 0 }
  } catch (error) {
    throw toUnavailable(error)
  }
}

export async function* listObjects(
  keeper: S3Client,
  bucket: string,
  prefix: string,
): AsyncGenerator<ListedObject> {
  let after = ''
  for (;;) {
    const { objects, isLast } = await listPage(keeper, { bucket, prefix, after })
    yield* objects
    if (isLast) return
    after = objects.at(-1)?.key ?? ''
  }
}

export async function checkBucket(keeper: S3Client, bucket: string): Promise<void> {
  try {
    await inTime((bounds) => keeper.send(new HeadBucketCommand({ Bucket: bucket }), bounds))
  } catch (error) {
    throw toUnavailable(error)
  }
}
