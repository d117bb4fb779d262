/** Every way Berth says no: what failed, what was expected, whether a retry is safe. */

import { problem, type FieldError } from './problem.ts'

export { Problem, isProblem, type FieldError } from './problem.ts'
export { notInParts, partNotPlanned, partsIncomplete } from './problems-of-parts.ts'
export {
  digestMismatch,
  forbiddenToToken,
  idempotencyInProgress,
  idempotencyKeyReused,
  identityUnavailable,
  invalidIdempotencyKey,
  preconditionFailed,
  rateLimited,
} from './problems-of-trust.ts'

const soon = { headers: { 'retry-after': '2' } }

export const invalidJson = (detail: string) =>
  problem('invalid-json', {
    detail,
    expected: 'one JSON value in UTF-8, without a byte order mark',
  })

export const invalidCursor = () =>
  problem('invalid-cursor', {
    detail: 'the cursor was not issued for this list',
    expected: 'a nextCursor from an earlier page of the same key, unchanged',
  })

export const malformedPath = () =>
  problem('malformed-path', {
    detail: 'the path has a percent sign that starts no escape',
    expected: 'a path with valid percent-encoding',
  })

export const unauthenticated = (detail: string, cause?: unknown) =>
  problem(
    'unauthenticated',
    { detail, expected: 'Authorization: Bearer <API key or upload token>' },
    { headers: { 'www-authenticate': 'Bearer realm="berth"' } },
    cause,
  )

export const forbidden = (scope: string) =>
  problem('forbidden', {
    detail: `the key has no scope ${scope}`,
    expected: `a key with the scope ${scope} or admin`,
  })

export const quotaExceeded = (detail: string, expected: string) =>
  problem('quota-exceeded', { detail, expected })

export const notFound = () =>
  problem('not-found', {
    detail: 'no resource of yours has this address',
    expected: 'the address of something that exists and is yours',
  })

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  problem(
    'method-not-allowed',
    { detail: `${method} is not answered here`, expected: `one of ${allowed.join(', ')}` },
    { headers: { allow: allowed.join(', ') } },
  )

export const notAcceptable = () =>
  problem('not-acceptable', {
    detail: 'the Accept header excludes JSON',
    expected: 'Accept: application/json, or none',
  })

export const illegalState = (state: string, expected: string) =>
  problem('illegal-state', { detail: `the upload is ${state}`, expected })

export const webhookNotEnabled = (state: string) =>
  problem('illegal-state', {
    detail: `the webhook endpoint is ${state}`,
    expected: 'an endpoint that is enabled',
  })

export const objectNotFoundYet = () =>
  problem(
    'object-not-found-yet',
    {
      detail: 'the store holds no object for this upload',
      expected: 'the PUT of the slot to have ended before this call',
    },
    soon,
  )

export const uploadExpired = () =>
  problem('upload-expired', {
    detail: 'nothing landed in time, so the upload has expired',
    expected: 'a new upload',
  })

export const uploadDeleted = () =>
  problem('upload-deleted', { detail: 'the object was deleted', expected: 'a new upload' })

export const payloadTooLarge = (limitBytes: number) =>
  problem(
    'payload-too-large',
    {
      detail: 'the request body is over the limit',
      expected: `at most ${limitBytes} bytes; the file itself goes to the slot, not here`,
    },
    // The rest of the body is never read, so the connection cannot be used again.
    { headers: { connection: 'close' } },
  )

export const uriTooLong = (limit: number) =>
  problem(
    'uri-too-long',
    { detail: 'the address is over the limit', expected: `at most ${limit} characters` },
    { headers: { connection: 'close' } },
  )

export const unsupportedMediaType = (detail: string) =>
  problem(
    'unsupported-media-type',
    { detail, expected: 'Content-Type: application/json in UTF-8, with no Content-Encoding' },
    { headers: { accept: 'application/json' } },
  )

export const validationFailed = (errors: FieldError[]) =>
  problem(
    'validation-failed',
    {
      detail: errors.map(({ pointer, detail }) => `${pointer || 'body'}: ${detail}`).join('; '),
      expected: 'a request as the API description says',
    },
    { errors },
  )

export const sizeOverLimit = (size: number, maxSize: number) =>
  problem(
    'size-over-limit',
    { detail: `declared size is ${size} bytes`, expected: `at most ${maxSize} bytes` },
    { errors: [{ pointer: '/size', detail: `${size} is more than ${maxSize}` }] },
  )

export const sizeUnderLimit = (size: number, minSize: number) =>
  problem(
    'size-under-limit',
    { detail: `declared size is ${size} bytes`, expected: `at least ${minSize} bytes` },
    { errors: [{ pointer: '/size', detail: `${size} is less than ${minSize}` }] },
  )

export const contentTypeNotAllowed = (contentType: string, allowed: readonly string[]) =>
  problem(
    'content-type-not-allowed',
    {
      detail: `declared content type is ${contentType}`,
      expected: `one of ${allowed.join(', ')}; active content only where it is named`,
    },
    { errors: [{ pointer: '/contentType', detail: `${contentType} is not allowed` }] },
  )

export const unknownProfile = (name: string, known: readonly string[]) =>
  problem(
    'unknown-profile',
    { detail: `there is no profile ${name}`, expected: `one of ${known.join(', ')}` },
    { errors: [{ pointer: '/profile', detail: `${name} is not configured` }] },
  )

export const webhookUrlNotAllowed = (detail: string) =>
  problem(
    'webhook-url-not-allowed',
    {
      detail,
      expected:
        'an https URL of at most 2048 characters, on port 443 or 8443, of a public host, without user information',
    },
    { errors: [{ pointer: '/url', detail }] },
  )

export const storageUnavailable = (cause?: unknown) =>
  problem(
    'storage-unavailable',
    { detail: 'object storage gave no usable answer', expected: 'object storage to answer' },
    soon,
    cause,
  )

/** Never reaches a caller: verification waits and tries again. */
export const scannerUnavailable = (cause?: unknown) =>
  problem(
    'scanner-unavailable',
    { detail: 'the scanner gave no usable answer', expected: 'the scanner to answer' },
    soon,
    cause,
  )

export const recordsUnavailable = (cause?: unknown) =>
  problem(
    'records-unavailable',
    { detail: 'nothing was recorded', expected: 'the database to accept the write' },
    soon,
    cause,
  )

/** The answer to a commit was lost: it may or may not have taken place. */
export const recordsUncertain = (cause?: unknown) =>
  problem(
    'records-unavailable',
    {
      detail: 'the database did not say whether this was recorded',
      expected: 'the database to confirm the write',
    },
    soon,
    cause,
  )

export const credentialsExpiring = () =>
  problem(
    'storage-credentials-expiring',
    {
      detail: 'a URL signed now would die within a minute',
      expected: 'storage credentials that live longer',
    },
    { headers: { 'retry-after': '30' } },
  )

/** @param where of which, or on what, so many are open. */
export const tooManyStreams = (most: number, where: string) =>
  problem(
    'too-many-streams',
    { detail: `${most} streams ${where} are open`, expected: 'fewer of them' },
    soon,
  )

export const draining = (part: string) =>
  problem(
    'draining',
    { detail: `${part} is switched off or stopping`, expected: `${part} to be on` },
    soon,
  )

/** Says nothing about the cause: an unexpected error may carry secrets in its message. */
export const internalError = (cause: unknown) =>
  problem(
    'internal-error',
    { detail: 'the request was not completed', expected: 'the request to complete' },
    {},
    cause,
  )
