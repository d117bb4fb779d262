/** The headers that keep browsers from misusing an answer: helmet's, the same for every answer, so they are asked for once. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import helmet from 'helmet'

export function securityHeaders(): RequestHandler {
  const headers = headersBy(helmet())
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value)
    next()
  }
}

type Middleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

function headersBy(middleware: Middleware): [name: string, value: string][] {
  const headers: [string, string][] = []
  const recorder = {
    setHeader: (name: string, value: string) => headers.push([name, value]),
    removeHeader: () => undefined,
  }
  middleware({} as unknown as IncomingMessage, recorder as unknown as ServerResponse, (error) => {
    if (error instanceof Error) throw error
  })
  return headers
}
