/** How Berth says no to those who ask too often, twice, or for more than they were given. */

import { problem } from './problem.ts'

const soon = { headers: { 'retry-after': '2' } }

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

export const forbiddenToToken = (detail: string) =>
  problem('forbidden', { detail, expected: 'what the upload token was made for, or an API key' })

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

export const identityUnavailable = () =>
  problem(
    'identity-unavailable',
    {
      detail: "the identity provider's keys could not be fetched",
      expected: 'the identity provider to answer',
    },
    { headers: { 'retry-after': '30' } },
  )

export const preconditionFailed = (version: number) =>
  problem('precondition-failed', {
    detail: `the upload is at version ${version}`,
    expected: 'If-Match with the version of the record in quotes, or no such header',
  })
