/** Object keys are made by the server alone: no byte of a request ever reaches one. */

const STAGING_KEY = /(?:^|\/)staging\/(upl_[0-9a-f]{32})\/[0-9a-f]{32}$/
const ANY_KEY = /(?:^|\/)(?:staging|objects)\/(upl_[0-9a-f]{32})\/[0-9a-f]{32}$/
const PROBE_KEY = /(?:^|\/)staging\/doctor-/
const UPLOAD_ID = /^upl_[0-9a-f]{32}$/

/** Where the client's PUT lands. `nonce` is 128 random bits in hex. */
export const stagingKey = (prefix: string, uploadId: string, nonce: string): string =>
  `${prefix}staging/${uploadId}/${nonce}`

/** Where Berth seals a copy before looking at it. `nonce` is another 128 random bits. */
export const sealedKey = (prefix: string, uploadId: string, nonce: string): string =>
  `${prefix}objects/${uploadId}/${nonce}`

/** The upload that a staging key belongs to, or null for any other key. */
export const uploadIdFromStagingKey = (key: string): string | null =>
  STAGING_KEY.exec(key)?.[1] ?? null

/** The upload that a staging or sealed key was made for, or null for any other key. */
export const uploadIdFromKey = (key: string): string | null => ANY_KEY.exec(key)?.[1] ?? null

/** Where a probe of the bucket's enforcement puts its objects; nothing records them. */
export const probeFolder = (prefix: string, nonce: string): string =>
  `${prefix}staging/doctor-${nonce}/`

export const isProbeKey = (key: string): boolean => PROBE_KEY.test(key)

export const isUploadId = (text: string): boolean => UPLOAD_ID.test(text)
