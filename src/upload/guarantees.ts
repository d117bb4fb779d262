/** Who keeps each promise of a slot: the store at the PUT, or Berth's verification afterwards. */

import type { Upload } from './upload.ts'

export type Enforcer = 'storage' | 'verification'

export type Guarantees = {
  size: Enforcer
  contentType: Enforcer
  sha256: Enforcer
  singleUse: Enforcer
}

/** What holds on any store: nothing is taken from it on trust until a probe has shown it. */
export const UNPROBED: Guarantees = {
  size: 'verification',
  contentType: 'verification',
  sha256: 'verification',
  singleUse: 'verification',
}

/** Who keeps each promise of this upload's slot. Without a declared SHA-256 there is none to keep. */
export const guaranteesOf = (
  bucket: Guarantees | undefined,
  { declared, parts }: Pick<Upload, 'declared' | 'parts'>,
): Guarantees => {
  const guarantees = bucket ?? UNPROBED
  // Of a part the store enforces its length alone.
  if (parts) return { ...UNPROBED, size: guarantees.size }
  return declared.sha256 === null ? { ...guarantees, sha256: 'verification' } : guarantees
}
