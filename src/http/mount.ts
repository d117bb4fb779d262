/** A list of endpoints -> routes, so that 404 and 405 are told before anything else is asked. */

import { Router, type RequestHandler } from 'express'
import { methodNotAllowed } from '../problems.ts'

export type Endpoint = {
  method: 'get' | 'post' | 'delete'
  path: string
  handlers: RequestHandler[]
}

export function mount(endpoints: readonly Endpoint[]): Router {
  const router = Router({ strict: true, caseSensitive: true })
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    const methods = endpoints.filter((endpoint) => endpoint.path === path)
    const route = router.route(path)
    for (const { method, handlers } of methods) route[method](...handlers)
    const allowed = methods.flatMap(({ method }) =>
      method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
    )
    route.all((req) => {
      throw methodNotAllowed(req.method, allowed)
    })
  }
  return router
}
