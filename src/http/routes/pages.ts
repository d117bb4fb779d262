/** The pages, as they were handed in; each with a policy that lets it load from itself alone. */

import type { RequestHandler } from 'express'
import helmet from 'helmet'
import type { Endpoint } from '../mount.ts'

export type Page = {
  path: string
  contentType: string
  body: string
  /** Talks to this host alone, and makes no element or script out of text. */
  isStrict?: true
}

/** @param uploadEndpoint the origin that a page may PUT files to. */
export function pageEndpoints(pages: readonly Page[], uploadEndpoint: string | null): Endpoint[] {
  const usual = policyOf(uploadEndpoint === null ? [] : [uploadEndpoint], {})
  const strict = policyOf([], {
    requireTrustedTypesFor: ["'script'"],
    trustedTypes: ["'none'"],
  })
  return pages.map(({ path, contentType, body, isStrict }) => ({
    method: 'get',
    path,
    handlers: [isStrict ? strict : usual, (_req, res) => void res.type(contentType).send(body)],
  }))
}

const policyOf = (reach: readonly string[], more: Record<string, string[]>): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'", ...reach],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      ...more,
    },
  })
