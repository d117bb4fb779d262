/** What a refusal is made of (RFC 9457), and every type of it. */

/** `safe`: resend as is. `after-fix`: change the request first. `never`: the outcome is final. */
export type Retry = 'safe' | 'after-fix' | 'never'

/** One wrong field: an RFC 6901 pointer into the body (or `?name` for a query parameter). */
export type FieldError = { pointer: string; detail: string }

export type ProblemFields = {
  slug: string
  status: number
  title: string
  /** What failed, with the value received. Never a signature, token, key or stack. */
  detail: string
  expected: string
  retry: Retry
  errors?: FieldError[]
  /** Extra response headers, such as `retry-after` (seconds) or `allow`. */
  headers?: Record<string, string>
}

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly fields: ProblemFields

  constructor(fields: ProblemFields, options?: { cause?: unknown }) {
    super(`${fields.slug}: ${fields.detail}`, options)
    this.fields = fields
  }
}

export const isProblem = (error: unknown, slug: string): boolean =>
  error instanceof Problem && error.fields.slug === slug

/** Status, constant title and retry advice of every type; `http/problem-meanings.ts` says what each means. */
export const CATALOGUE = {
  'invalid-json': [400, 'The body is not JSON', 'after-fix'],
  'invalid-cursor': [400, 'The cursor is not ours', 'after-fix'],
  'malformed-path': [400, 'The path is malformed', 'after-fix'],
  'invalid-idempotency-key': [400, 'The Idempotency-Key is not valid', 'after-fix'],
  'digest-mismatch': [400, 'The body is not the one that was sent', 'after-fix'],
  unauthenticated: [401, 'Who is asking?', 'after-fix'],
  forbidden: [403, 'The key may not do this', 'after-fix'],
  'quota-exceeded': [403, 'The quota is used up', 'safe'],
  'not-found': [404, 'There is nothing here', 'after-fix'],
  'method-not-allowed': [405, 'The method is not allowed here', 'after-fix'],
  'not-acceptable': [406, 'We only speak JSON', 'after-fix'],
  'illegal-state': [409, 'The present state does not allow this', 'never'],
  'object-not-found-yet': [409, 'The object has not arrived yet', 'safe'],
  'parts-incomplete': [409, 'Not all parts have arrived', 'after-fix'],
  'idempotency-in-progress': [409, 'The first call with this key is still running', 'safe'],
  'upload-expired': [410, 'The upload has expired', 'never'],
  'upload-deleted': [410, 'The upload was deleted', 'never'],
  'precondition-failed': [412, 'The upload is not as you last saw it', 'after-fix'],
  'payload-too-large': [413, 'The request body is too large', 'after-fix'],
  'uri-too-long': [414, 'The address is too long', 'after-fix'],
  'unsupported-media-type': [415, 'The body has the wrong media type', 'after-fix'],
  'validation-failed': [422, 'The request is not valid', 'after-fix'],
  'size-over-limit': [422, 'The upload is larger than allowed', 'after-fix'],
  'size-under-limit': [422, 'The upload is smaller than allowed', 'after-fix'],
  'content-type-not-allowed': [422, 'The content type is not allowed', 'after-fix'],
  'unknown-profile': [422, 'No such profile', 'after-fix'],
  'idempotency-key-reused': [422, 'The Idempotency-Key was used for another request', 'after-fix'],
  'rate-limited': [429, 'Too many requests', 'safe'],
  'webhook-url-not-allowed': [422, 'This address may not be called', 'after-fix'],
  'storage-unavailable': [503, 'Object storage did not answer', 'safe'],
  'scanner-unavailable': [503, 'The malware scanner did not answer', 'safe'],
  'identity-unavailable': [503, 'The identity provider did not answer', 'safe'],
  'records-unavailable': [503, 'The records cannot be read or written now', 'safe'],
  'storage-credentials-expiring': [503, 'The storage credentials are about to expire', 'safe'],
  'too-many-streams': [503, 'This node holds as many live streams as it may', 'safe'],
  draining: [503, 'This part of the service is off now', 'safe'],
  'internal-error': [500, 'Something broke on our side', 'safe'],
} as const satisfies Record<string, readonly [number, string, Retry]>

export type Slug = keyof typeof CATALOGUE

type Said = Pick<ProblemFields, 'detail' | 'expected'>
type More = Pick<ProblemFields, 'errors' | 'headers'>

export function problem(slug: Slug, said: Said, more: More = {}, cause?: unknown) {
  const [status, title, retry] = CATALOGUE[slug]
  return new Problem({ slug, status, title, retry, ...said, ...more }, { cause })
}
