/** The boundary: unknown in, typed value out, or a problem that names every wrong field. */

import type { z } from 'zod'
import { validationFailed, type FieldError } from '../problems.ts'

const MOST_ERRORS = 50

export function parseBody<T>(schema: z.ZodType<T>, input: unknown): T {
  return parse(schema, input, (path) => path.map((part) => `/${escapePointer(part)}`).join(''))
}

export function parseQuery<T>(schema: z.ZodType<T>, input: unknown): T {
  return parse(schema, input, (path) => `?${path.join('.')}`)
}

type Point = (path: readonly PropertyKey[]) => string

function parse<T>(schema: z.ZodType<T>, input: unknown, point: Point): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const errors = result.error.issues.flatMap((issue) => toErrors(issue, point))
  throw validationFailed(errors.slice(0, MOST_ERRORS))
}

function toErrors(issue: z.core.$ZodIssue, point: Point): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, MOST_ERRORS).map((key) => ({
      pointer: point([...issue.path, shorten(key)]),
      detail: 'unknown field',
    }))
  }
  return [{ pointer: point(issue.path), detail: shorten(issue.message) }]
}

// RFC 6901.
const escapePointer = (part: PropertyKey): string =>
  shorten(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')

const shorten = (said: string): string => (said.length > 100 ? `${said.slice(0, 100)}…` : said)
