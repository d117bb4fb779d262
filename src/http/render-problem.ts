/** Errors -> application/problem+json (RFC 9457). The last middleware, and the only catch-all. */

import type { ErrorRequestHandler, Response } from 'express'
import {
  internalError,
  invalidJson,
  malformedPath,
  payloadTooLarge,
  Problem,
  unsupportedMediaType,
} from '../problems.ts'
import type { ProblemFields } from '../problem.ts'
import { addressOf } from './public-url.ts'
import { requestIdOf } from './request-log.ts'

export const renderProblem: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const { fields } = toProblem(error)
  res.locals['error'] = error
  res
    .status(fields.status)
    .set(fields.headers ?? {})
    .type('application/problem+json')
  res.send(JSON.stringify(problemBody(fields, res)))
}

export function problemBody(fields: ProblemFields, res: Response) {
  const { slug, ...shown } = fields
  const type = addressOf(res, `/problems/${slug}`)
  return { type, ...shown, headers: undefined, instance: requestIdOf(res) }
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof URIError) return malformedPath()
  if (isBodyError(error)) return fromBodyError(error)
  return internalError(error)
}

type BodyError = Error & { type: string; limit?: number }

// body-parser marks what it refuses with a 4xx status and a dotted type.
const isBodyError = (error: unknown): error is BodyError =>
  error instanceof Error && 'type' in error && 'status' in error && Number(error.status) < 500

function fromBodyError({ type, limit }: BodyError): Problem {
  if (type === 'entity.too.large') return payloadTooLarge(limit ?? 0)
  if (type === 'encoding.unsupported') return unsupportedMediaType('the body is compressed')
  return invalidJson('the body did not arrive whole')
}
