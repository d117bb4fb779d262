/** The verdict: what was promised against what the sealed copy is. Pure, so it can be repeated. */

import { agrees, canonicalType, GENERIC_TYPE, isActiveType } from './content-type.ts'
import type { Profile } from './policy.ts'
import type { Declared, Observed, Rejection, RejectionReason, ScanResult } from './upload.ts'

/** What one pass over the sealed copy found. */
export type Inspected = {
  /** Bytes that were read. */
  size: number
  /** Base64 SHA-256 of those bytes. */
  sha256: string
  /** Told from the bytes themselves; null when nobody can tell. */
  detectedType: string | null
  scan: Scan
}

/** `off`: the profile asks for no scan. */
export type Scan =
  | { outcome: 'off' | 'clean' }
  | { outcome: 'infected'; signature: string }
  | { outcome: 'unscannable'; reason: string }

export type Verdict =
  | { outcome: 'ready'; contentType: string; scan: ScanResult }
  | { outcome: 'rejected'; rejection: Rejection }

type Rules = Pick<Profile, 'contentTypes' | 'undetected' | 'minSize' | 'scan' | 'unscannable'>

/** What the HEAD alone already breaks: then no byte has to be read. Null: nothing. */
export function judgeObserved(declared: Declared, observed: Observed): Rejection | null {
  if (observed.isUnreadable) {
    return reject(
      'unreadable',
      'an object without a key of its own',
      "encryption with the client's key",
    )
  }
  if (observed.size !== declared.size) {
    return reject('size-mismatch', `${declared.size} bytes`, `${observed.size} bytes`)
  }
  const stored = baseType(observed.contentType)
  if (stored !== declared.contentType) {
    return reject('content-type-mismatch', declared.contentType, stored || 'none')
  }
  return null
}

export function judge(declared: Declared, inspected: Inspected, rules: Rules): Verdict {
  const rejection =
    judgeBytes(declared, inspected, rules) ??
    judgeScan(inspected.scan, rules) ??
    judgeType(declared.contentType, inspected, rules)
  if (rejection) return { outcome: 'rejected', rejection }
  const scan = inspected.scan.outcome === 'clean' ? 'clean' : 'off'
  return { outcome: 'ready', contentType: canonicalType(declared.contentType), scan }
}

export const unstableSource = (claims: number): Rejection =>
  reject('unstable-source', 'one object', `other bytes at each of ${claims} claims`)

function judgeBytes(declared: Declared, inspected: Inspected, rules: Rules): Rejection | null {
  const { size, sha256 } = inspected
  if (size !== declared.size)
    return reject('size-mismatch', `${declared.size} bytes`, `${size} bytes`)
  if (size === 0 && rules.minSize > 0)
    return reject('empty', `at least ${rules.minSize} bytes`, '0 bytes')
  if (declared.sha256 !== null && sha256 !== declared.sha256) {
    return reject('sha256-mismatch', declared.sha256, sha256)
  }
  return null
}

/** Fails closed: where a scan is required, only a clean one passes, or what the profile accepts. */
function judgeScan(scan: Scan, { scan: required, unscannable }: Rules): Rejection | null {
  switch (scan.outcome) {
    case 'clean':
      return null
    case 'infected':
      return reject('infected', 'no malware', scan.signature)
    case 'unscannable':
      if (unscannable === 'accept') return null
      return reject('unscannable', 'bytes that the scanner can judge', scan.reason)
    case 'off':
      if (required === 'off') return null
      return reject('unscannable', 'a scan', 'none was made')
  }
}

function judgeType(declared: string, { detectedType }: Inspected, rules: Rules): Rejection | null {
  if (detectedType === null) {
    if (rules.undetected === 'accept') return null
    return reject('content-type-mismatch', declared, 'a type that cannot be told from the bytes')
  }
  if (!agrees(declared, detectedType)) {
    return reject('content-type-mismatch', declared, detectedType)
  }
  // A generic declaration hides nothing: what the bytes are must then be named by the profile.
  const named = declared === GENERIC_TYPE ? detectedType : declared
  if (isActiveType(detectedType) && !rules.contentTypes.includes(named)) {
    return reject('content-type-not-allowed', rules.contentTypes.join(', '), detectedType)
  }
  return null
}

const baseType = (contentType: string): string =>
  (contentType.split(';')[0] ?? '').trim().toLowerCase()

const DETAILS: Record<RejectionReason, string> = {
  'size-mismatch': 'the object has another length than was declared',
  'sha256-mismatch': 'the object has another SHA-256 than was declared',
  'content-type-mismatch': 'the object is of another type than was declared',
  'content-type-not-allowed': 'the object is of a type that the profile does not allow',
  infected: 'the scanner found malware',
  unscannable: 'the scanner could not judge the object',
  empty: 'the object is empty',
  unreadable: 'the store does not let the object be read',
  'unstable-source': 'the object kept changing while it was being claimed',
}

const reject = (reason: RejectionReason, expected: string, observed: string): Rejection => ({
  reason,
  detail: DETAILS[reason],
  expected,
  observed,
})
