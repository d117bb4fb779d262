/** POST /v1/tokens: a few uploads of one profile for a browser, without a secret in the page. */

import type { RequestHandler } from 'express'
import { z } from 'zod'
import type { Broker } from '../../broker/broker.ts'
import type { TokenTerms } from '../../broker/upload-tokens.ts'
import { authenticate, tenantWith } from '../caller.ts'
import type { Endpoint } from '../mount.ts'
import { parseBody, parseQuery } from '../parse.ts'
import { readJson } from '../read-json.ts'
import { ProfileName, Subject } from '../slot-request.ts'
import { NoQuery } from '../upload-queries.ts'

const BODY_LIMIT_BYTES = 64 * 1024
const LONGEST_SECONDS = 3_600
const USUAL_SECONDS = 900

export const TokenBody: z.ZodType<TokenTerms> = z.strictObject({
  profile: ProfileName,
  subject: Subject,
  maxUploads: z.int().min(1).max(100_000).default(1),
  maxBytes: z.int().min(1).nullable().default(null),
  expiresIn: z.int().min(10).max(LONGEST_SECONDS).default(USUAL_SECONDS),
})

export const tokenEndpoints = (broker: Broker): Endpoint[] => [
  {
    method: 'post',
    path: '/v1/tokens',
    handlers: [authenticate(broker), ...readJson(BODY_LIMIT_BYTES), postToken(broker)],
  },
]

const postToken =
  (broker: Broker): RequestHandler =>
  async (req, res) => {
    parseQuery(NoQuery, req.query)
    const terms = parseBody(TokenBody, req.body)
    const tenant = tenantWith(res, 'uploads:write')
    res.status(201).json(await broker.createUploadToken(tenant, terms))
  }
