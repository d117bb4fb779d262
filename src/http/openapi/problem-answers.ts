/** The refusals of a call, by status: every type that it may get, each with an example. */

import { z } from 'zod'
import type { Slug } from '../../problem.ts'
import { problemType, type ProblemType } from '../problem-meanings.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Operation } from './operation.ts'

export const ProblemBody = z
  .strictObject({
    type: z.string().describe('Where the type is explained; its last segment is stable.'),
    status: z.int(),
    title: z.string(),
    detail: z.string().describe('What failed, with the value received.'),
    expected: z.string().describe('What was expected.'),
    retry: z
      .enum(['safe', 'after-fix', 'never'])
      .describe('safe: resend as is. after-fix: change the request first. never: it is final.'),
    errors: z
      .array(
        z.strictObject({
          pointer: z
            .string()
            .describe('RFC 6901, into the body; `?name` for a parameter of the query.'),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Every wrong field.'),
    instance: z.string().describe('The id of the request, as in X-Request-Id.'),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457).' })

const EVERY: readonly Slug[] = ['uri-too-long', 'internal-error']
const COUNTED: readonly Slug[] = ['rate-limited', 'records-unavailable']
const API: readonly Slug[] = [
  ...COUNTED,
  'not-acceptable',
  'unauthenticated',
  'forbidden',
  'identity-unavailable',
  'validation-failed',
]
const SENDER: readonly Slug[] = [
  'unauthenticated',
  'payload-too-large',
  'invalid-json',
  'unsupported-media-type',
  'records-unavailable',
  'draining',
]
const BODY: readonly Slug[] = [
  'invalid-json',
  'digest-mismatch',
  'payload-too-large',
  'unsupported-media-type',
  'validation-failed',
]

/** Every type of problem that a call may be answered with. */
export function problemsOf({ access, body, path, tag, problems }: Operation): Slug[] {
  const isApi = access === 'keys' || access === 'keys-and-tokens'
  const byAccess = isApi ? API : tag === 'Events' ? SENDER : tag === 'Operations' ? [] : COUNTED
  const byPath: Slug[] = path.includes('/:') ? ['malformed-path', 'not-found'] : []
  return [
    ...new Set([...EVERY, ...byAccess, ...byPath, ...(body && isApi ? BODY : []), ...problems]),
  ]
}

export type ProblemAnswers = {
  /** By status, references to the shared ones. */
  answersOf: (operation: Operation) => Record<string, JsonSchema>
  shared: () => Record<string, JsonSchema>
}

/** @param publicUrl stands in front of every type. */
export function createProblemAnswers(problem: JsonSchema, publicUrl: string): ProblemAnswers {
  const shared = new Map<string, JsonSchema>()
  const answerFor = (types: readonly ProblemType[]): JsonSchema => {
    const name = types.map(({ slug }) => slug).join('.')
    shared.set(name, shared.get(name) ?? renderAnswer(types, problem, publicUrl))
    return { $ref: `#/components/responses/${name}` }
  }
  return {
    shared: () => Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1))),
    answersOf: (operation) => {
      const types = problemsOf(operation).sort().map(problemType)
      const statuses = [...new Set(types.map(({ status }) => status))].sort()
      const having = (status: number) => types.filter((type) => type.status === status)
      return Object.fromEntries(statuses.map((status) => [status, answerFor(having(status))]))
    },
  }
}

function renderAnswer(types: readonly ProblemType[], problem: JsonSchema, publicUrl: string) {
  const status = types[0]?.status ?? 500
  const address = ({ slug }: ProblemType): string => `${publicUrl}/problems/${slug}`
  const example = (type: ProblemType): [string, JsonSchema] => [
    type.slug,
    {
      summary: type.meaning,
      value: {
        type: address(type),
        status,
        title: type.title,
        detail: type.meaning,
        expected: 'what the detail of a real answer says',
        retry: type.retry,
        instance: '7c8a1d6e-5a53-4f0e-9d5c-0a4f2e2b9b11',
      },
    },
  ]
  const only = { type: { enum: types.map(address) }, status: { const: status } }
  return {
    description: types.map(({ slug, title }) => `\`${slug}\`: ${title}`).join('; '),
    headers: headersOf(status),
    content: {
      'application/problem+json': {
        schema: { allOf: [problem, { type: 'object', properties: only }] },
        examples: Object.fromEntries(types.map(example)),
      },
    },
  }
}

const header = (name: string): JsonSchema => ({ $ref: `#/components/headers/${name}` })

function headersOf(status: number): JsonSchema {
  return {
    'X-Request-Id': header('X-Request-Id'),
    ...(status === 401 && { 'WWW-Authenticate': header('WWW-Authenticate') }),
    ...((status === 429 || status === 503) && { 'Retry-After': header('Retry-After') }),
  }
}
