/** Decide, record, sign. The row is durable before the URL exists, so no slot is ever untracked. */

import type { Slot } from '../bucket/slots.ts'
import { quotaExceeded, unknownProfile } from '../problems.ts'
import { insertPending } from '../store/uploads.ts'
import { stagingKey } from '../upload/keys.ts'
import { bytesPerPut, planParts } from '../upload/parts.ts'
import {
  addSeconds,
  assertAllowed,
  assertTerms,
  landByFor,
  type Profile,
} from '../upload/policy.ts'
import { nextLookAt } from '../upload/schedule.ts'
import type { Declared, Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export type SlotRequest = Declared & {
  profile: string
  /** Seconds; null: the profile's. */
  expiresIn: number | null
  subject: string | null
  /** The upload token that asks, if one does. */
  tokenId?: string | null
  /** The W3C trace context of whoever asks. */
  traceparent?: string | null
}

/** The slot is null when the object goes in parts: their URLs are asked for as they are needed. */
export type IssuedSlot = { upload: Upload; slot: Slot | null }

export type IssueDeps = Pick<
  Deps,
  'store' | 'bucket' | 'profiles' | 'limits' | 'log' | 'now' | 'newId' | 'newNonce'
>

export async function issueSlot(
  deps: IssueDeps,
  tenant: string,
  request: SlotRequest,
): Promise<IssuedSlot> {
  const { upload, slot, profile } = await prepareSlot(deps, tenant, request)
  if (!(await insertPending(deps.store, upload, profile))) throw quotaProblem(profile)
  logIssued(deps, upload)
  return { upload, slot }
}

export type PreparedSlot = IssuedSlot & { profile: Profile }

/** Decides and signs; nothing is recorded yet. Throws what is wrong with the request. */
export async function prepareSlot(
  deps: IssueDeps,
  tenant: string,
  request: SlotRequest,
): Promise<PreparedSlot> {
  const profile = deps.profiles.get(request.profile)
  if (!profile) throw unknownProfile(request.profile, [...deps.profiles.keys()])
  assertAllowed(request, profile)
  assertTerms(request, request.expiresIn, profile)

  const upload = pendingUpload(deps, { tenant, request, profile })
  // Signing is local and may refuse, so it comes first: nothing is recorded for a refused request.
  return { upload, slot: await signSlot(deps, upload), profile }
}

export const logIssued = ({ log }: Pick<Deps, 'log'>, { id, tenant, profile }: Upload): void =>
  log.info('slot.issued', { uploadId: id, tenant, profile })

type Asked = { tenant: string; request: SlotRequest; profile: Profile }

function pendingUpload(deps: IssueDeps, { tenant, request, profile }: Asked): Upload {
  const id = `upl_${deps.newId()}`
  const createdAt = deps.now()
  const slotTtlSeconds = request.expiresIn ?? profile.slotTtlSeconds
  const slotExpiresAt = addSeconds(createdAt, slotTtlSeconds)
  const parts = planParts(request.size, profile.multipartThreshold)
  const landBy = landByFor(slotExpiresAt, bytesPerPut(parts, request.size), deps.limits)
  const { filename, contentType, size, sha256, metadata } = request
  // Each field named, and none spread: the shape is then known before the first is set.
  return {
    id,
    tenant,
    subject: request.subject,
    tokenId: request.tokenId ?? null,
    traceparent: request.traceparent ?? null,
    profile: profile.name,
    profileHash: profile.hash,
    declared: { filename, contentType, size, sha256, metadata },
    state: 'pending',
    version: 1,
    fence: 0,
    bucket: profile.bucket ?? deps.bucket.name,
    stagingKey: stagingKey(profile.prefix, id, deps.newNonce()),
    parts,
    assembly: null,
    completingSince: null,
    sealedKey: null,
    slotTtlSeconds,
    slotExpiresAt,
    landBy,
    dueAt: nextLookAt({ createdAt, slotExpiresAt, landBy }, createdAt),
    observed: null,
    receivedAt: null,
    attempts: 0,
    object: null,
    rejection: null,
    createdAt,
    updatedAt: createdAt,
  }
}

/** Signs for the time that is left until `slotExpiresAt`; no network. */
export async function signSlot(
  deps: Pick<Deps, 'bucket' | 'now'>,
  upload: Upload,
): Promise<Slot | null> {
  if (upload.parts) return null
  const { bucket, stagingKey: key, slotTtlSeconds: ttlSeconds } = upload
  const { size, contentType, sha256 } = upload.declared
  const terms = { size, contentType, sha256, ttlSeconds }
  return deps.bucket.presignPut({ bucket, key }, terms, deps.now())
}

export const quotaProblem = ({ name, openSlots, reservedBytes }: Profile) =>
  quotaExceeded(
    `no room for one more upload of profile ${name}`,
    `at most ${openSlots} open slots and ${reservedBytes} reserved bytes; wait for some to end`,
  )
