/** Who is asking: read from the Authorization header, kept with the response. */

import type { RequestHandler, Response } from 'express'
import type { Broker } from '../broker/broker.ts'
import type { Caller } from '../broker/deps.ts'
import type { Scope } from '../broker/api-keys.ts'
import { forbidden, unauthenticated } from '../problems.ts'

export const authenticate =
  (broker: Broker): RequestHandler =>
  async (req, res, next) => {
    const [, token] = /^Bearer ([^\s]{1,4096})$/i.exec(req.get('authorization') ?? '') ?? []
    if (token === undefined) throw unauthenticated('the request carries no API key')
    res.locals['caller'] = await broker.authenticate(token)
    next()
  }

/** The tenant, once the key's scopes allow the call. */
export function tenantWith(res: Response, scope: Scope): string {
  const { tenant, scopes } = res.locals['caller'] as Caller
  if (!scopes.includes(scope) && !scopes.includes('admin')) throw forbidden(scope)
  return tenant
}
