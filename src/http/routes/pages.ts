/** The pages, as they were handed in; each with a policy that lets it load from itself alone. */

import helmet from 'helmet'
import type { Endpoint } from '../mount.ts'

export type Page = { path: string; contentType: string; body: string }

/** @param uploadEndpoint the origin that a page may PUT files to. */
export function pageEndpoints(pages: readonly Page[], uploadEndpoint: string | null): Endpoint[] {
  const policy = helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", ...(uploadEndpoint === null ? [] : [uploadEndpoint])],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  })
  return pages.map(({ path, contentType, body }) => ({
    method: 'get',
    path,
    handlers: [policy, (_req, res) => void res.type(contentType).send(body)],
  }))
}
