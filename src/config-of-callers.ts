/** The variables about callers: tokens of an identity provider, and how often one may ask. */

import { z } from 'zod'
import { CLAIM_MAP, CLAIM_MAP_EXPECTED, parseClaimMap } from './identity/claim-map.ts'
import type { IdentityConfig } from './identity/identity-provider.ts'

const optional = z.string().min(1).optional()

export const CALLER_VARIABLES = {
  JWT_JWKS: z
    .string()
    .regex(
      /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]|file:.)/,
      'expected an https address, or file: and a path',
    )
    .optional(),
  JWT_ISSUER: optional,
  JWT_AUDIENCE: optional,
  JWT_CLAIMS: z.string().regex(CLAIM_MAP, CLAIM_MAP_EXPECTED).default(''),
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(0).default(6_000),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: z.coerce.number().int().min(0).default(600),
}

type Given = z.infer<z.ZodObject<typeof CALLER_VARIABLES>>

/** Null: only Berth's own tokens count. */
export const identitySlice = (e: Given): IdentityConfig | null =>
  e.JWT_JWKS === undefined
    ? null
    : {
        keySet: e.JWT_JWKS,
        issuer: e.JWT_ISSUER ?? '',
        audience: e.JWT_AUDIENCE ?? '',
        claims: parseClaimMap(e.JWT_CLAIMS),
      }

export const ratesSlice = (e: Given) => ({
  perMinute: e.RATE_LIMIT_PER_MINUTE,
  anonymousPerMinute: e.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
})

/** A key set without the issuer and the audience would take tokens that were made for others. */
export const callerMistakes = (env: Record<string, string | undefined>): string[] =>
  ['JWT_ISSUER', 'JWT_AUDIENCE']
    .filter((name) => env['JWT_JWKS'] !== undefined && env[name] === undefined)
    .map((name) => `${name}: missing, while JWT_JWKS is set`)
