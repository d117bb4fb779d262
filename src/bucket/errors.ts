/** What the store's refusals mean to Berth; everything unknown is "not available now", never a verdict. */

import { S3ServiceException } from '@aws-sdk/client-s3'
import { isProblem, storageUnavailable } from '../problems.ts'

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined

const codeOf = (error: unknown): string => (error instanceof S3ServiceException ? error.name : '')

/** The object is not there. A missing bucket is a fault of the set-up, not of an upload. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket'

/** A precondition failed (412), or another write interfered (409): the source has changed. */
export const isChanged = (error: unknown): boolean =>
  statusOf(error) === 412 || codeOf(error) === 'ConditionalRequestConflict'

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
