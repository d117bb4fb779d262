/** An object that arrives in parts: begun, signed part by part, listed, and made whole. */

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { ListedPart } from '../upload/parts.ts'
import type { Location } from './config.ts'
import { isAssemblyGone, isChanged, isOtherPart, toUnavailable } from './errors.ts'
import { CALL_TIMEOUT_MS, inTime } from './in-time.ts'
import type { Presign } from './presign.ts'
import type { Slot } from './slots.ts'

export type PartTerms = {
  /** The store's name of the multipart upload. */
  assembly: string
  /** 1 and up. */
  number: number
  /** Bytes of this very part. */
  size: number
  ttlSeconds: number
}

/**
 * `made`: the parts are one object now. `exists`: there is an object already. `gone`: the store
 * knows no such multipart upload; it was made whole before, or ended. `changed`: a part is another
 * one than was listed.
 */
export type Completed = 'made' | 'exists' | 'gone' | 'changed'

export type Completion = { assembly: string; parts: readonly ListedPart[] }

/** Some stores write the whole object anew. */
const SLOW_STORE_BYTES_PER_MS = 100_000
const LONGEST_COMPLETION_MS = 300_000

const at = ({ bucket, key }: Location) => ({ Bucket: bucket, Key: key })

/** The type is fixed here, where no client has a say. @returns the store's name for it. */
export async function beginAssembly(
  signer: S3Client,
  location: Location,
  contentType: string,
): Promise<string> {
  const create = new CreateMultipartUploadCommand({ ...at(location), ContentType: contentType })
  try {
    const { UploadId } = await inTime((bounds) => signer.send(create, bounds))
    if (!UploadId) throw new Error('the answer lacks an upload id')
    return UploadId
  } catch (error) {
    throw toUnavailable(error)
  }
}

type About = { location: Location; terms: PartTerms; now: Date }

/** Good for this part at this length, as often as it is sent before the whole is made. */
export async function presignPart(sign: Presign, { location, terms, now }: About): Promise<Slot> {
  const { assembly, number, size, ttlSeconds } = terms
  const query = { partNumber: String(number), uploadId: assembly }
  const headers = { 'content-length': String(size) }
  const signed = await sign({ method: 'PUT', location, headers, query, ttlSeconds }, now)
  return { method: 'PUT', headers: {}, ...signed }
}

/** All pages, by number; null when the store knows no such multipart upload (any more). */
export async function listParts(
  keeper: S3Client,
  location: Location,
  assembly: string,
): Promise<ListedPart[] | null> {
  const parts: ListedPart[] = []
  let after: string | undefined
  try {
    for (;;) {
      const list = new ListPartsCommand({
        ...at(location),
        UploadId: assembly,
        ...(after !== undefined && { PartNumberMarker: after }),
      })
      const page = await inTime((bounds) => keeper.send(list, bounds))
      const listed = page.Parts ?? []
      for (const { PartNumber = 0, Size = -1, ETag = '' } of listed) {
        parts.push({ number: PartNumber, size: Size, etag: ETag })
      }
      const last = listed.at(-1)?.PartNumber
      if (page.IsTruncated !== true || last === undefined) return parts
      after = String(last)
    }
  } catch (error) {
    if (isAssemblyGone(error)) return null
    throw toUnavailable(error)
  }
}

/** Of just these parts, and only where no object is yet; safe to repeat. */
export async function completeAssembly(
  signer: S3Client,
  location: Location,
  { assembly, parts }: Completion,
): Promise<Completed> {
  const bytes = parts.reduce((sum, { size }) => sum + size, 0)
  const patience = CALL_TIMEOUT_MS + Math.ceil(bytes / SLOW_STORE_BYTES_PER_MS)
  const most = Math.min(patience, LONGEST_COMPLETION_MS)
  const complete = new CompleteMultipartUploadCommand({
    ...at(location),
    UploadId: assembly,
    IfNoneMatch: '*',
    MultipartUpload: {
      Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })),
    },
  })
  try {
    await inTime((bounds) => signer.send(complete, bounds), { most })
    return 'made'
  } catch (error) {
    if (isAssemblyGone(error)) return 'gone'
    if (isOtherPart(error)) return 'changed'
    if (isChanged(error)) return 'exists'
    throw toUnavailable(error)
  }
}
