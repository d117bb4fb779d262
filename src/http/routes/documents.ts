/** GET /openapi.json: the description of the API, with the addresses of this installation. */

import type { RequestHandler } from 'express'
import { describe } from '../description.ts'
import type { Endpoint } from '../mount.ts'
import { publicUrlOf } from '../public-url.ts'

/** @param first what every request passes before it is answered. */
export function documentEndpoints(first: RequestHandler): Endpoint[] {
  let text: string | null = null
  const getDescription: RequestHandler = (_req, res) => {
    text ??= JSON.stringify(describe(publicUrlOf(res)), null, 2)
    res.type('application/json').send(text)
  }
  return [{ method: 'get', path: '/openapi.json', handlers: [first, getDescription] }]
}
