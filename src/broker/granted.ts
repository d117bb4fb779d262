/** What an upload token narrows: its profile, its subject, and the uploads it may touch. */

import { forbiddenToToken, notFound, validationFailed } from '../problems.ts'
import type { Caller, Deps } from './deps.ts'
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

/** A token's bearer gets the 404 of an unknown id for everything that was not created under it. */
export async function assertOwn(
  deps: Pick<Deps, 'store'>,
  { tenant, token }: Caller,
  id: string,
): Promise<void> {
  if (token === null) return
  const upload = await requireUpload(deps, tenant, id)
  if (upload.tokenId !== token.id) throw notFound()
}
