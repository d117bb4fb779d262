/** A caller's request for a slot: within its token, once per Idempotency-Key. */

import { isProblem, quotaExceeded, type Problem } from '../problems.ts'
import { insertUploads, type Outcome } from '../store/insert-uploads.ts'
import type { Upload } from '../upload/upload.ts'
import type { Profile } from '../upload/policy.ts'
import type { Caller, Deps, Grant } from './deps.ts'
import { requireUpload } from './find-upload.ts'
import { forCaller } from './granted.ts'
import {
  issueSlot,
  logIssued,
  prepareSlot,
  quotaProblem,
  type IssuedSlot,
  type IssueDeps,
  type SlotRequest,
} from './issue-slot.ts'
import { idIn, once, type Once, type OnceKey, type Remember } from './once.ts'
import { renewSlot } from './renew-slot.ts'

export type CreateDeps = IssueDeps & Pick<Deps, 'newNonce'>

/** The slot is null when a repeat finds an upload that is pending no more. */
export type Created = { upload: Upload; slot: IssuedSlot['slot'] | null }

export type Asked = { caller: Caller; key: OnceKey | null }

export function createUpload(
  deps: CreateDeps,
  { caller, key }: Asked,
  request: SlotRequest,
): Promise<Once<Created>> {
  return once<Created>(deps, caller, key, {
    run: (remember) => issueFor(deps, caller, request, remember),
    replay: (result) => asItIsNow(deps, caller.tenant, idIn(result)),
  })
}

async function issueFor(
  deps: CreateDeps,
  caller: Caller,
  asked: SlotRequest,
  remember: Remember | null,
): Promise<IssuedSlot> {
  const { tenant, token } = caller
  const request = forCaller(caller, asked)
  if (token === null && remember === null) return issueSlot(deps, tenant, request)

  const { upload, slot, profile } = await prepareSlot(deps, tenant, request)
  const [outcome] = await insertUploads(deps.store, [{ upload, quota: profile }], {
    token,
    finish: async (trx, [made]) => {
      if (made === 'inserted') await remember?.(trx, { id: upload.id })
    },
  })
  const refusal = refusalFor(outcome ?? 'no-room', profile, token)
  if (refusal) throw refusal
  logIssued(deps, upload)
  return { upload, slot }
}

export function refusalFor(
  outcome: Outcome,
  profile: Profile,
  token: Grant | null,
): Problem | null {
  switch (outcome) {
    case 'inserted':
      return null
    case 'no-room':
      return quotaProblem(profile)
    case 'token-used-up':
      return quotaExceeded(
        'the upload token does not allow one more upload of this size',
        `at most ${token?.maxUploads} uploads and ${token?.maxBytes} declared bytes in all`,
      )
  }
}

/** With a fresh slot while it is pending: the first one may have been lost, or have expired. */
export async function asItIsNow(deps: CreateDeps, tenant: string, id: string): Promise<Created> {
  const upload = await requireUpload(deps, tenant, id)
  if (upload.state !== 'pending') return { upload, slot: null }
  return renewSlot(deps, tenant, id).catch(async (error: unknown) => {
    const isOver = isProblem(error, 'illegal-state') || isProblem(error, 'upload-expired')
    if (!isOver) throw error
    return { upload: await requireUpload(deps, tenant, id), slot: null }
  })
}
