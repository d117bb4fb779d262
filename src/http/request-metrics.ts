/** Tells of every answered request by its route pattern; what matched none is one series together. */

import type { Request, RequestHandler } from 'express'

export type RequestSeen = { method: string; route: string; status: number; seconds: number }

export const measureRequests =
  (seen: (request: RequestSeen) => void): RequestHandler =>
  (req, res, next) => {
    const began = performance.now()
    res.once('finish', () => {
      const seconds = (performance.now() - began) / 1000
      seen({ method: methodOf(req), route: routeOf(req), status: res.statusCode, seconds })
    })
    next()
  }

const KNOWN = new Set(['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'])

/** A client may send any word as a method; each would be a series of its own. */
export const methodOf = ({ method }: Request): string => (KNOWN.has(method) ? method : 'other')

export function routeOf(req: Request): string {
  const route = req.route as { path?: unknown } | undefined
  return typeof route?.path === 'string' ? route.path : 'none'
}
