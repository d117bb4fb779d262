/** What an upload token narrows: its profile, its subject, and the uploads it may touch. */

import { forbiddenToToken, notFound, validationFailed } from '../problems.ts'
import type { Upload } from '../upload/upload.ts'
import type { Caller, Deps, Grant } from './deps.ts'
import { requireUpload } from './find-upload.ts'
import type { SlotRequest } from './issue-slot.ts'

/** The request as the caller may make it; throws for another profile or subject than the token's. */
export function forCaller({ token }: Caller, request: SlotRequest): SlotRequest {
  if (token === null) return request
  if (request.profile !== token.profile) {
    throw forbiddenToToken(`the upload token is not for profile ${request.profile}`)
  }
  if (request.subject !== null) {
    throw validationFailed([{ pointer: '/subject', detail: 'an upload token carries its own' }])
  }
  return { ...request, subject: token.subject, tokenId: token.id }
}

/** A token's bearer gets the 404 of an unknown id for everything that is not its own. */
export async function assertOwn(
  deps: Pick<Deps, 'store'>,
  { tenant, token }: Caller,
  id: string,
): Promise<void> {
  if (token === null) return
  const upload = await requireUpload(deps, tenant, id)
  if (!isOwn(upload, token)) throw notFound()
}

/**
 * Made with this token, or with another one for the same subject and profile: a page that was
 * loaded again, or whose token has run out, goes on with a fresh one. Without a subject nobody can
 * say whose an upload is. What a key has made is its backend's, whatever subject it wrote down.
 */
function isOwn({ tokenId, subject, profile }: Upload, token: Grant): boolean {
  if (tokenId === null) return false
  const isOfSubject = Boolean(token.subject) && subject === token.subject
  return tokenId === token.id || (isOfSubject && profile === token.profile)
}
