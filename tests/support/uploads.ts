/** Builders: a valid thing of each kind, changed where a test cares. */

import { createHash } from 'node:crypto'
import type { SlotRequest } from '../../src/broker/issue-slot.ts'
import { parseProfiles } from '../../src/profiles.ts'
import { uuidv7obj } from 'uuidv7'
import type { Profile } from '../../src/upload/policy.ts'
import type { Upload } from '../../src/upload/upload.ts'

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('base64')

/** Bytes that are no known type, and differ by seed. */
export function someBytes(size: number, seed = 0): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed * 2_654_435_761 + 1
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[index] = (state >>> 16) | 0x80
  }
  return bytes
}

/** A one-pixel PNG. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

export function aSlotRequest(change: Partial<SlotRequest> = {}): SlotRequest {
  return {
    profile: 'default',
    filename: 'a b.bin',
    contentType: 'application/octet-stream',
    size: 64,
    sha256: null,
    metadata: {},
    expiresIn: null,
    subject: null,
    ...change,
  }
}

/** The request that describes these bytes. */
export const requestFor = (bytes: Buffer, change: Partial<SlotRequest> = {}): SlotRequest =>
  aSlotRequest({ size: bytes.length, ...change })

export function aProfile(fields: Record<string, unknown> = {}): Profile {
  const profile = parseProfiles({ profiles: { default: fields } }, 'test').get('default')
  if (!profile) throw new Error('no profile')
  return profile
}

/** A pending upload as `insertPending` takes it. */
export function anUpload(change: Partial<Upload> = {}): Upload {
  const id = change.id ?? `upl_${uuidv7obj().toHex()}`
  const createdAt = change.createdAt ?? new Date()
  const slotExpiresAt = new Date(createdAt.getTime() + 900_000)
  const landBy = new Date(createdAt.getTime() + 1_920_000)
  return {
    id,
    tenant: 't',
    subject: null,
    tokenId: null,
    traceparent: null,
    profile: 'default',
    profileHash: 'hash',
    declared: aSlotRequest(),
    state: 'pending',
    version: 1,
    fence: 0,
    bucket: 'b',
    stagingKey: `staging/${id}/nonce`,
    parts: null,
    assembly: null,
    completingSince: null,
    sealedKey: null,
    slotTtlSeconds: 900,
    slotExpiresAt,
    landBy,
    dueAt: createdAt,
    observed: null,
    receivedAt: null,
    attempts: 0,
    object: null,
    rejection: null,
    createdAt,
    updatedAt: createdAt,
    ...change,
  }
}
