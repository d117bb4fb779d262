/** Counts a request, and tells the caller in the headers of the IETF draft (RateLimit). */

import type { Request, RequestHandler, Response } from 'express'
import type { Broker } from '../broker/broker.ts'
import { rateLimited } from '../problems.ts'
import { networkOf } from './address.ts'

const WINDOW_SECONDS = 60

type Counter = Pick<Broker, 'countRequest'>

/** Throws `rate-limited` when the address has used up its requests. */
export async function countAddress(broker: Counter, req: Request, res: Response): Promise<void> {
  await count(broker, res, { kind: 'address', name: networkOf(req.ip) })
  assertWithinLimit(res)
}

/** Counted at once, refused by `assertWithinLimit` when it is the turn of that check. */
export const countCaller = (broker: Counter, res: Response, name: string): Promise<void> =>
  count(broker, res, { kind: 'caller', name })

export function assertWithinLimit(res: Response): void {
  const refusal: unknown = res.locals['overLimit']
  if (refusal instanceof Error) throw refusal
}

/** For what anybody may see. */
export const anonymously =
  (broker: Counter): RequestHandler =>
  async (req, res, next) => {
    await countAddress(broker, req, res)
    next()
  }

type Counted = { kind: 'caller' | 'address'; name: string }

async function count(broker: Counter, res: Response, { kind, name }: Counted): Promise<void> {
  const verdict = await broker.countRequest(kind, name)
  if (verdict === null) return
  const { limit, remaining, resetSeconds, isAllowed } = verdict
  res.set({
    'ratelimit-policy': `"${kind}";q=${limit};w=${WINDOW_SECONDS}`,
    ratelimit: `"${kind}";r=${remaining};t=${resetSeconds}`,
  })
  if (!isAllowed) res.locals['overLimit'] = rateLimited(limit, resetSeconds)
}
