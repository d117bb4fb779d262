/** What the store's refusals mean to Berth; everything unknown is "not available now", never a verdict. */

import { S3ServiceException } from '@aws-sdk/client-s3'
import { isProblem, storageUnavailable } from '../problems.ts'

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined

const codeOf = (error: unknown): string => (error instanceof S3ServiceException ? error.name : '')

// A missing bucket is a fault of the set-up, and a copy in parts that was ended says nothing of its source.
const NOT_OF_THE_OBJECT = new Set(['NoSuchBucket', 'NoSuchUpload'])

/** The object is not there. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && !NOT_OF_THE_OBJECT.has(codeOf(error))

/** The multipart upload is over, or never was. By code, as it may come in the body of a 200. */
export const isAssemblyGone = (error: unknown): boolean => codeOf(error) === 'NoSuchUpload'

/** A precondition failed (412), or another write interfered (409): the source has changed. */
export const isChanged = (error: unknown): boolean =>
  statusOf(error) === 412 || codeOf(error) === 'ConditionalRequestConflict'

/** A part was replaced since it was listed, or another write is under way at this key. */
export const isOtherPart = (error: unknown): boolean =>
  ['InvalidPart', 'InvalidPartOrder', 'ConditionalRequestConflict'].includes(codeOf(error))

/**
 * Stored with SSE-C: nobody but the holder of the key can read it. Told by code and words together,
 * as both are also used for other things. A HEAD has no body, so it can never say this.
 */
export const isEncryptedByClient = (error: unknown): boolean =>
  statusOf(error) === 400 &&
  codeOf(error) === 'InvalidRequest' &&
  /server side encryption/i.test(String(error))

/** A 400 without a code: a HEAD's way to say anything from a wrong region to a missing key. */
export const isUnexplained = (error: unknown): boolean => statusOf(error) === 400

export const toUnavailable = (error: unknown): Error => storageUnavailable(error)

/** 403: credentials that no longer work; 404: the bucket itself. Other 4xx are about one object. */
const OUTAGES = new Set([401, 403, 404, 408, 429])

/** Whether the store itself is away, overloaded or refuses us, rather than one call of many. */
export function isOutage(error: unknown): boolean {
  if (!isProblem(error, 'storage-unavailable')) return false
  const status = statusOf((error as Error).cause)
  return status === undefined || status >= 500 || OUTAGES.has(status)
}
