/** How one call is described. The tables of operations lie next to the routes they describe. */

import type { z } from 'zod'
import type { Slug } from '../../problem.ts'
import type { Endpoint } from '../mount.ts'

/** Who may call. `keys`: API keys alone, whatever an upload token was made for. */
export type Access =
  'keys' | 'keys-and-tokens' | 'open' | 'sender-s3' | 'sender-eventbridge' | 'sender-sns'

export type RequestHeader = 'idempotency-key' | 'if-match' | 'last-event-id'
type AnswerHeader = 'location' | 'idempotency-replayed' | 'retry-after'

export type Body = {
  schema: z.ZodType
  required: boolean
  /** By name; each is sent to a real Berth by a test. */
  examples: Record<string, unknown>
}

export type Answer = {
  status: number
  description: string
  /** Null: no body. A string: the media type of a text. */
  content: z.ZodType | string | null
  example?: unknown
  headers?: readonly AnswerHeader[]
}

export type Operation = {
  id: string
  tag:
    | 'Uploads'
    | 'Tokens'
    | 'Receipts'
    | 'Webhooks'
    | 'Console'
    | 'Events'
    | 'Operations'
    | 'Documents'
  method: Endpoint['method']
  /** As Express has it: `/v1/uploads/:id`. */
  path: string
  /** Of the id in the path; `upl` without it. */
  idPrefix?: 'upl' | 'wh' | 'dlv'
  summary: string
  description?: string
  access: Access
  query?: z.ZodObject
  headers?: readonly RequestHeader[]
  body?: Body
  answers: readonly Answer[]
  /** Its own refusals; those of every call with this access or with a body are added. */
  problems: readonly Slug[]
  /** The calls that can follow with the id of this answer. */
  leadsTo?: readonly string[]
}
