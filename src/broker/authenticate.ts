/** Who is asking: an API key, an upload token of ours, or a token of the customer's identity provider. */

import { decodeProtectedHeader } from 'jose'
import { isProblem, unauthenticated } from '../problems.ts'
import { checkApiKey, type CheckDeps } from './api-keys.ts'
import type { Caller, Grant } from './deps.ts'
import { bearerOf, checkUploadToken, type TokenDeps } from './upload-tokens.ts'

/** Throws `identity-unavailable` when nobody can tell now, and anything else when it is not valid. */
export type CheckForeign = (token: string) => Promise<Grant & { tenant: string }>

export type AuthDeps = CheckDeps &
  TokenDeps & {
    /** Null: none is configured. */
    checkForeign: CheckForeign | null
  }

const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Throws `unauthenticated`. */
export function authenticate(deps: AuthDeps, credential: string): Promise<Caller> {
  if (!JWT.test(credential)) return checkApiKey(deps, credential)
  const { checkForeign } = deps
  // Each way pins its own algorithms, so this choice gives nothing away.
  if (checkForeign === null || isSymmetric(credential)) return checkUploadToken(deps, credential)
  return foreignCaller(checkForeign, credential)
}

async function foreignCaller(check: CheckForeign, credential: string): Promise<Caller> {
  try {
    const { tenant, ...grant } = await check(credential)
    return bearerOf(tenant, grant)
  } catch (error) {
    if (isProblem(error, 'identity-unavailable')) throw error
    throw unauthenticated("the identity provider's token is not valid here", error)
  }
}

function isSymmetric(token: string): boolean {
  try {
    return /^HS/.test(decodeProtectedHeader(token).alg ?? '')
  } catch {
    return true
  }
}
