/** Who is asking: read from the Authorization header, kept with the response. */

import type { RequestHandler, Response } from 'express'
import type { Broker } from '../broker/broker.ts'
import type { Caller } from '../broker/deps.ts'
import type { Scope } from '../broker/api-keys.ts'
import { forbidden, forbiddenToToken, isProblem, unauthenticated } from '../problems.ts'
import { assertWithinLimit, countAddress, countCaller } from './rate-limit.ts'

export const authenticate =
  (broker: Broker): RequestHandler =>
  async (req, res, next) => {
    const [, token] = /^Bearer ([^\s]{1,8192})$/i.exec(req.get('authorization') ?? '') ?? []
    try {
      if (token === undefined) throw unauthenticated('the request carries no credential')
      const caller = await broker.authenticate(token)
      res.locals['caller'] = caller
      await countCaller(broker, res, caller.keyId)
    } catch (error) {
      // Only those who fail are counted by address: a neighbour with a key is not held up by them.
      if (isProblem(error, 'unauthenticated')) await countAddress(broker, req, res)
      throw error
    }
    next()
  }

/** Whoever asks, once the scopes allow the call. It may be the bearer of an upload token. */
export function callerWith(res: Response, scope: Scope): Caller {
  const caller = res.locals['caller'] as Caller
  if (!caller.scopes.includes(scope) && !caller.scopes.includes('admin')) throw forbidden(scope)
  assertWithinLimit(res)
  return caller
}

/** The tenant, for calls that see more than one upload token's own: API keys alone may make them. */
export function tenantWith(res: Response, scope: Scope): string {
  const { tenant, token } = callerWith(res, scope)
  if (token !== null) throw forbiddenToToken('this call is not for upload tokens')
  return tenant
}
