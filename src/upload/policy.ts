/** What a client may ask for. Limits come from the profile; the rules live here. */

import {
  contentTypeNotAllowed,
  sizeOverLimit,
  sizeUnderLimit,
  validationFailed,
  type FieldError,
} from '../problems.ts'
import { admits } from './content-type.ts'
import { LARGEST_OBJECT_BYTES } from './parts.ts'
import type { Declared } from './upload.ts'

export type Profile = {
  name: string
  /** SHA-256 (hex) of the profile's values, stored with each upload. */
  hash: string
  contentTypes: readonly string[]
  /** Bytes. */
  minSize: number
  /** Bytes. */
  maxSize: number
  slotTtlSeconds: number
  sha256: 'required' | 'optional'
  /** What to do with bytes whose type nobody can tell. */
  undetected: 'accept' | 'reject'
  scan: 'off' | 'required'
  unscannable: 'accept' | 'reject'
  /** Null: the bucket of the configuration. */
  bucket: string | null
  /** Stands before `staging/` and `objects/`. Empty, or ends with a slash. */
  prefix: string
  /** Bytes; larger objects are sent in parts. */
  multipartThreshold: number
  /** How long an upload's object and record are kept once it is over. Null: for ever. */
  retentionSeconds: number | null
  /** Slots that may be open at a time, per tenant. */
  openSlots: number
  /** Bytes that open slots may reserve, per tenant. */
  reservedBytes: number
}

export type Grace = { landGraceSeconds: number; landMarginSeconds: number }

/** The slowest client we wait for. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024

export const MIN_SLOT_SECONDS = 10

export function assertAllowed(declared: Declared, profile: Profile): void {
  const maxSize = Math.min(profile.maxSize, LARGEST_OBJECT_BYTES)
  if (!admits(profile.contentTypes, declared.contentType)) {
    throw contentTypeNotAllowed(declared.contentType, profile.contentTypes)
  }
  if (declared.size > maxSize) throw sizeOverLimit(declared.size, maxSize)
  if (declared.size < profile.minSize) throw sizeUnderLimit(declared.size, profile.minSize)
}

/** The fields that only the profile can judge; every wrong one at once. */
export function assertTerms(declared: Declared, expiresIn: number | null, profile: Profile): void {
  const errors: FieldError[] = []
  if (profile.sha256 === 'required' && declared.sha256 === null) {
    errors.push({ pointer: '/sha256', detail: `profile ${profile.name} requires it` })
  }
  if (expiresIn !== null && expiresIn > profile.slotTtlSeconds) {
    const limit = profile.slotTtlSeconds
    errors.push({ pointer: '/expiresIn', detail: `at most ${limit} seconds, got ${expiresIn}` })
  }
  if (errors.length > 0) throw validationFailed(errors)
}

/**
 * The moment after which no PUT of a slot can still land: a PUT that began before
 * the URL expired may end long after it (stores judge the expiry when it begins).
 */
export function landByFor(slotExpiresAt: Date, size: number, grace: Grace): Date {
  const transferSeconds = Math.ceil(size / SLOWEST_BYTES_PER_SECOND)
  const seconds = Math.max(grace.landGraceSeconds, transferSeconds) + grace.landMarginSeconds
  return addSeconds(slotExpiresAt, seconds)
}

export const addSeconds = (moment: Date, seconds: number): Date =>
  new Date(moment.getTime() + seconds * 1000)
