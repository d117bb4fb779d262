/** Every way Berth says no: what failed, what was expected, whether a retry is safe. */

import { problem, type FieldError } from './problem.ts'

export { Problem, isProblem, type FieldError } from './problem.ts'

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

export const invalidIdempotencyKey = (detail: string) =>
  problem('invalid-idempotency-key', {
    detail,
    expected: 'one Idempotency-Key of 1 to 255 printable ASCII characters, in quotes or as a token',
  })

export const digestMismatch = (detail: string) =>
  problem('digest-mismatch', {
    detail,
    expected: 'Content-Digest: sha-256=:<base64>: of the body as sent, or no such header',
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

export const forbiddenToToken = (detail: string) =>
  problem('forbidden', { detail, expected: 'what the upload token was made for, or an API key' })

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

export const objectNotFoundYet = () =>
  problem(
    'object-not-found-yet',
    {
      detail: 'the store holds no object for this upload',
      expected: 'the PUT of the slot to have ended before this call',
    },
    soon,
  )

export const idempotencyInProgress = () =>
  problem(
    'idempotency-in-progress',
    {
      detail: 'a call with this Idempotency-Key is being answered now',
      expected: 'the first call to end before it is repeated',
    },
    soon,
  )

export const idempotencyKeyReused = () =>
  problem('idempotency-key-reused', {
    detail: 'this Idempotency-Key came with another body before',
    expected: 'the same body as the first time, or a new key',
  })

export const uploadExpired = () =>
  problem('upload-expired', {
    detail: 'nothing landed in time, so the upload has expired',
    expected: 'a new upload',
  })

export const uploadDeleted = () =>
  problem('upload-deleted', { detail: 'the object was deleted', expected: 'a new upload' })

export const preconditionFailed = (version: number) =>
  problem('precondition-failed', {
    detail: `the upload is at version ${version}`,
    expected: 'If-Match with the version of the record in quotes, or no such header',
  })

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

/** @param resetSeconds until the next minute begins. */
export const rateLimited = (limit: number, resetSeconds: number) =>
  problem(
    'rate-limited',
    {
      detail: `more than ${limit} requests in this minute`,
      expected: `at most ${limit} requests per minute`,
    },
    { headers: { 'retry-after': String(resetSeconds) } },
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

export const identityUnavailable = () =>
  problem(
    'identity-unavailable',
    {
      detail: "the identity provider's keys could not be fetched",
      expected: 'the identity provider to answer',
    },
    { headers: { 'retry-after': '30' } },
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
