/** Tokens of the customer's identity provider, taken as upload tokens by a mapping of claims. */

import { createHash } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import type { ClaimMap, ClaimSource, GrantField } from './claim-map.ts'
import { createKeySet, type FetchKeys } from './key-set.ts'

export type IdentityConfig = {
  issuer: string
  audience: string
  /** An https address, or `file:` and a path. */
  keySet: string
  claims: ClaimMap
}

export type ForeignGrant = {
  tenant: string
  id: string
  profile: string
  subject: string | null
  maxUploads: number
  maxBytes: number
  expiresAt: Date
}

/** Asymmetric ones only: with a shared secret, whoever can check a token could make one. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA']

/** Ways for a token to bring its own key. */
const FORBIDDEN_HEADERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit']

const LEEWAY_SECONDS = 60

const Limit = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
  ])
  .pipe(z.int().min(1))

const Mapped = z.object({
  tenant: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  profile: z.string().regex(/^[a-z0-9-]{1,40}$/),
  subject: z.string().max(128).nullable(),
  maxUploads: Limit,
  maxBytes: Limit,
})

/** Throws when the token is not valid; `identity-unavailable` when that cannot be told now. */
export function createIdentityProvider(
  config: IdentityConfig,
  fetchKeys: FetchKeys,
  now: () => Date,
): (token: string) => Promise<ForeignGrant> {
  const keys = createKeySet(fetchKeys, now)
  return (token) => check(config, { keys, now }, token)
}

type CheckDeps = { keys: JWTVerifyGetKey; now: () => Date }

async function check(
  { issuer, audience, claims }: IdentityConfig,
  { keys, now }: CheckDeps,
  token: string,
): Promise<ForeignGrant> {
  const header = decodeProtectedHeader(token)
  if (FORBIDDEN_HEADERS.some((name) => name in header)) throw new Error('a key of its own')
  const { payload } = await jwtVerify(token, keys, {
    algorithms: ALGORITHMS,
    issuer,
    audience,
    clockTolerance: LEEWAY_SECONDS,
    currentDate: now(),
    requiredClaims: ['exp'],
  })
  const from = (field: GrantField): unknown => valueOf(payload, claims[field])
  const grant = Mapped.parse({
    tenant: from('tenant'),
    profile: from('profile'),
    subject: from('subject') ?? null,
    maxUploads: from('maxUploads'),
    maxBytes: from('maxBytes'),
  })
  return { ...grant, id: nameOf(payload, token), expiresAt: new Date((payload.exp ?? 0) * 1000) }
}

const valueOf = (payload: JWTPayload, source: ClaimSource): unknown =>
  'claim' in source ? payload[source.claim] : source.value

/** Hashed, so that no provider can name its token like one of ours. */
const nameOf = ({ iss, jti }: JWTPayload, token: string): string =>
  `ext_${createHash('sha256')
    .update(JSON.stringify([iss, jti ?? token]))
    .digest('hex')}`
