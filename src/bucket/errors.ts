/** What the store's refusals mean to Berth; everything unknown is "not available now", never a verdict. */

import { S3ServiceException } from '@aws-sdk/client-s3'
import { storageUnavailable } from '../problems.ts'

const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined

const codeOf = (error: unknown): string => (error instanceof S3ServiceException ? error.name : '')

/** The object is not there. A missing bucket is a fault of the set-up, not of an upload. */
export const isAbsent = (error: unknown): boolean =>
  statusOf(error) === 404 && codeOf(error) !== 'NoSuchBucket'

/** A precondition failed (412), or another write interfered (409): the source has changed. */
export const isChanged = (error: unknown): boolean =>
  statusOf(error) === 412 || codeOf(error) === 'ConditionalRequestConflict'

export const toUnavailable = (error: unknown): Error => storageUnavailable(error)
