/** Calls that need a credential: the caller first, then the body, then the answer. */

import type { Request, RequestHandler, Response } from 'express'
import type { Broker } from '../broker/broker.ts'
import { authenticate } from './caller.ts'
import type { Endpoint } from './mount.ts'
import { parseBody, parseQuery } from './parse.ts'
import { NoBody, NoQuery } from './upload-queries.ts'

/** Of an address with an `:id`, or without. */
export type Answer = (req: Request<{ id: string }>, res: Response) => Promise<unknown>

type Call = (
  method: Endpoint['method'],
  path: string,
  answer: Answer,
  body?: RequestHandler[],
) => Endpoint

export function authenticatedCalls(broker: Broker): Call {
  const who = authenticate(broker)
  return (method, path, answer, body = []) => ({
    method,
    path,
    handlers: [who, ...body, answer as unknown as RequestHandler],
  })
}

/** Calls without fields of their own: neither query nor body may say anything. */
export function assertBare(req: Request<{ id: string }>): void {
  parseQuery(NoQuery, req.query)
  parseBody(NoBody, req.body === undefined ? {} : req.body)
}
