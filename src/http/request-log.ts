/** One log line per request: method, path, status, time. Never a query, a header or a body. */

import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import type { Logger } from 'pino'
import { Problem } from '../problems.ts'

const REQUEST_ID = 'x-request-id'
const SANE_ID = /^[A-Za-z0-9._-]{1,64}$/

/** One listener and no logger of its own for each request: idle streams keep theirs for minutes. */
export const requestLog =
  (logger: Logger): RequestHandler =>
  (req, res, next) => {
    const id = requestId(req, res)
    const began = performance.now()
    // Also when the client has left before the end.
    res.once('close', () => {
      const { statusCode } = res
      const level = statusCode >= 500 ? 'warn' : 'debug'
      if (!logger.isLevelEnabled(level)) return
      const responseTime = Math.round(performance.now() - began)
      const facts = { reqId: id, req: requestFacts(req), res: { statusCode }, responseTime }
      logger[level]({ ...facts, cause: causeOf(res) }, 'http.answered')
    })
    next()
  }

/** The caller's own id when it is a sane one; the same goes into the answer and into problems. */
function requestId(req: IncomingMessage, res: ServerResponse): string {
  const offered = req.headers[REQUEST_ID]
  const id = typeof offered === 'string' && SANE_ID.test(offered) ? offered : randomUUID()
  res.setHeader(REQUEST_ID, id)
  return id
}

export const requestIdOf = (res: ServerResponse): string => String(res.getHeader(REQUEST_ID))

// A slot's URL or an intake token may be in a query: only the path is said.
const requestFacts = (req: IncomingMessage) => ({
  method: req.method,
  path: req.url?.split('?')[0],
})

/** Why a 5xx was answered, for the operator; callers never see it. */
function causeOf(res: ServerResponse): string | undefined {
  const { error } = (res as ServerResponse & { locals?: { error?: unknown } }).locals ?? {}
  if (error instanceof Problem)
    return error.cause instanceof Error ? error.cause.message : undefined
  return error instanceof Error ? error.stack : undefined
}
