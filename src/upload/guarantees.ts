/** Who keeps each promise of a slot: the store at the PUT, or Berth's verification afterwards. */

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
