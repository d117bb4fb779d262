/** What each type of problem means: the words of its page, of `docs/problems.md` and of the API description. */

import { CATALOGUE, type Retry, type Slug } from '../problem.ts'

const MEANINGS: Record<Slug, string> = {
  'invalid-json': 'The body is empty, not UTF-8, starts with a byte order mark, or does not parse.',
  'invalid-cursor': 'A cursor is good for the key that got it, unchanged.',
  'malformed-path': 'The path holds a percent sign that starts no escape.',
  'invalid-idempotency-key':
    'It is empty, longer than 255 characters, given twice, or neither a quoted string nor a token.',
  'digest-mismatch':
    'The SHA-256 or SHA-512 of the body is not what the Content-Digest header says, or the header does not parse.',
  unauthenticated: 'No API key, or one that is unknown, revoked or expired.',
  forbidden: 'The key is known but lacks the scope.',
  'quota-exceeded':
    'The tenant has no open slot or no reserved bytes left in this profile; they come back when uploads end. Or it has 100 webhook endpoints already.',
  'not-found':
    'The address, or the upload, does not exist, or is not yours: the two look the same.',
  'method-not-allowed': 'The Allow header lists the methods.',
  'not-acceptable': 'The Accept header excludes JSON.',
  'illegal-state':
    'For example a download of an upload that is not ready, or a redelivery to a webhook endpoint that is disabled.',
  'object-not-found-yet':
    'You said complete, but the store holds no object. Wait for the PUT to end.',
  'parts-incomplete':
    'You said complete, but parts are missing in the store or have another length than planned; detail names them. Send those again.',
  'idempotency-in-progress':
    'Repeat it after Retry-After; a call that died is taken over after 30 s.',
  'upload-expired': 'Nothing landed before the slot and its grace were over. Ask for a new upload.',
  'upload-deleted': 'The object was deleted.',
  'precondition-failed': 'A DELETE with If-Match names another version than the record has now.',
  'payload-too-large':
    'The limit is for the API request: 64 KiB, or 1 MiB for events. Files go to the slot.',
  'uri-too-long': 'More than 8,192 characters.',
  'unsupported-media-type': 'Send application/json, in UTF-8, uncompressed.',
  'validation-failed': 'errors lists every wrong field.',
  'size-over-limit': 'The profile caps the size; an object ends at 5 TiB.',
  'size-under-limit': 'The profile asks for more bytes.',
  'content-type-not-allowed':
    'The profile does not list the type. Wildcards never admit active content.',
  'unknown-profile': 'The configuration has no such profile.',
  'idempotency-key-reused':
    'Within 24 hours a key belongs to one body; the order of its fields does not matter.',
  'webhook-url-not-allowed':
    'Webhooks go to https URLs on port 443 or 8443 of public hosts only: no user information, no private, loopback, link-local or metadata address in any spelling, at most 2,048 characters.',
  'rate-limited':
    'The key, the token or the address has used up its requests of this minute; Retry-After says when the next begins.',
  'storage-unavailable': 'The object store gave no usable answer. Nothing is rejected for that.',
  'scanner-unavailable': 'Verification waits for it; callers do not see this.',
  'identity-unavailable':
    'A token of your identity provider could not be checked, because its keys could not be fetched.',
  'records-unavailable': 'The database is locked, full or away. Nothing was recorded.',
  'storage-credentials-expiring': 'The credentials that sign would die within a minute.',
  'too-many-streams':
    'Half of them are for one key at most, 50 for one token. Come again after Retry-After, on another connection; or ask with GET and wait, which works all the same.',
  draining: 'The node is stopping, or an operator has switched this part off.',
  'internal-error': 'A fault of ours. The log has the cause under the request id.',
}

/** What `retry` says, in words. */
export const RETRY: Record<Retry, string> = {
  safe: 'resend as is',
  'after-fix': 'change the request first',
  never: 'the outcome is final',
}

export type ProblemType = {
  slug: Slug
  status: number
  title: string
  retry: Retry
  meaning: string
}

export const SLUGS = Object.keys(CATALOGUE) as Slug[]

export function problemType(slug: Slug): ProblemType {
  const [status, title, retry] = CATALOGUE[slug]
  return { slug, status, title, retry, meaning: MEANINGS[slug] }
}
