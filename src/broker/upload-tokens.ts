/** Upload tokens: JWTs that let a browser create a few uploads of one profile, and see only those. */

import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { unauthenticated, unknownProfile } from '../problems.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Caller, Deps, Grant } from './deps.ts'

const ALGORITHM = 'HS256'
const BERTH = 'berth'

/** For clocks that differ. */
const LEEWAY_SECONDS = 60

export type TokenTerms = {
  profile: string
  subject: string | null
  maxUploads: number
  /** Declared bytes of all uploads together; null: as many as the profile allows them. */
  maxBytes: number | null
  expiresIn: number
}

export type TokenDeps = Pick<Deps, 'now' | 'newNonce' | 'profiles'> & {
  /** 32 characters or more, the same on every node. */
  tokenSecret: string
}

export type UploadToken = { token: string; expiresAt: Date }

export async function createUploadToken(
  deps: TokenDeps,
  tenant: string,
  terms: TokenTerms,
): Promise<UploadToken> {
  const profile = deps.profiles.get(terms.profile)
  if (!profile) throw unknownProfile(terms.profile, [...deps.profiles.keys()])
  const { maxUploads, subject } = terms
  const maxBytes = terms.maxBytes ?? Math.min(Number.MAX_SAFE_INTEGER, maxUploads * profile.maxSize)
  // Whole seconds, as a JWT has them: what the caller is told is what the token says.
  const issuedAt = new Date(Math.floor(deps.now().getTime() / 1000) * 1000)
  const expiresAt = addSeconds(issuedAt, terms.expiresIn)
  const token = await new SignJWT({ tenant, profile: profile.name, maxUploads, maxBytes })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setIssuer(BERTH)
    .setAudience(BERTH)
    .setSubject(subject ?? '')
    .setJti(deps.newNonce())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(secretOf(deps))
  return { token, expiresAt }
}

const Claims = z.object({
  tenant: z.string().min(1),
  profile: z.string().min(1),
  sub: z.string(),
  jti: z.string().min(1).max(128),
  exp: z.int(),
  maxUploads: z.int().min(1),
  maxBytes: z.int().min(1),
})

/** Throws `unauthenticated`, with the same words whatever is wrong with the token. */
export async function checkUploadToken(deps: TokenDeps, token: string): Promise<Caller> {
  try {
    assertPlainHeader(token)
    const { payload } = await jwtVerify(token, secretOf(deps), {
      algorithms: [ALGORITHM],
      issuer: BERTH,
      audience: BERTH,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: deps.now(),
      requiredClaims: ['exp', 'jti', 'sub'],
    })
    return toCaller(Claims.parse(payload))
  } catch (error) {
    throw unauthenticated('the upload token is unknown, altered or expired', error)
  }
}

// Ours name no key and bring none along: whatever does is not ours.
function assertPlainHeader(token: string): void {
  const names = Object.keys(decodeProtectedHeader(token))
  if (names.some((name) => name !== 'alg' && name !== 'typ')) throw new Error('unknown header')
}

function toCaller({ tenant, sub, jti, exp, ...limits }: z.infer<typeof Claims>): Caller {
  const subject = sub === '' ? null : sub
  return bearerOf(tenant, { ...limits, id: jti, subject, expiresAt: new Date(exp * 1000) })
}

/** A grant never allows more than this, whoever signed it. */
export const bearerOf = (tenant: string, token: Grant): Caller => ({
  tenant,
  keyId: token.id,
  scopes: ['uploads:write', 'uploads:read'],
  token,
})

const secretOf = ({ tokenSecret }: TokenDeps): Uint8Array => Buffer.from(tokenSecret)
