/** The headers that callers may send, and those that they are told something in. */

import type { JsonSchema } from './json-schema.ts'
import type { RequestHeader } from './operation.ts'

const TEXT = { type: 'string' }

export const REQUEST_HEADERS: Record<RequestHeader, JsonSchema> = {
  'idempotency-key': {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A call that is repeated with the same key and body within 24 hours is told what became of the first one. ' +
      'A quoted string, or the bare token.',
    schema: {
      anyOf: [
        { type: 'string', pattern: '^"([ !#-\\[\\]-~]|\\\\["\\\\]){1,255}"$' },
        { type: 'string', pattern: '^[!#-+\\--~]{1,255}$' },
      ],
    },
    example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
  },
  'if-match': {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The version of the record in quotes; another one is refused. `*` is any.',
    schema: TEXT,
    example: '*',
  },
  'last-event-id': {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description: 'The version of the last event that was seen; only what came after it is told.',
    schema: TEXT,
    example: '2',
  },
}

export const ANSWER_HEADERS: Record<string, JsonSchema> = {
  'X-Request-Id': {
    description:
      "The request's id: the caller's own when it is a sane one. Quote it when you ask us.",
    schema: TEXT,
  },
  RateLimit: {
    description: 'What is left of this minute: `"caller";r=<requests>;t=<seconds>`.',
    schema: TEXT,
  },
  'RateLimit-Policy': {
    description: 'The limit: `"caller";q=<requests>;w=<seconds>`.',
    schema: TEXT,
  },
  'Retry-After': { description: 'Seconds.', schema: { type: 'string', pattern: '^[0-9]+$' } },
  'WWW-Authenticate': { description: 'The scheme to use.', schema: TEXT },
  Location: { description: 'The address of the upload.', schema: TEXT },
  'Idempotency-Replayed': {
    description: 'There when this is the outcome of an earlier call with the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
}

/** The name of a header as it is spelled there. */
export const spelled = (name: string): string =>
  Object.keys(ANSWER_HEADERS).find((known) => known.toLowerCase() === name) ?? name
