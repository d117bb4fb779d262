/** Can the keeper speak to the bucket at all? Everything else rests on it. */

import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { answerInWords } from '../raw-request.ts'
import { tryCall } from './call.ts'
import type { Finding } from './finding.ts'
import type { Patient } from './patient.ts'

export async function examineReach(patient: Patient): Promise<Finding> {
  const { keeper, bucket, prefix } = patient
  const asked = { Bucket: bucket, Prefix: `${prefix}staging/`, MaxKeys: 1 }
  const called = await tryCall(keeper, (client, options) =>
    client.send(new ListObjectsV2Command(asked), options),
  )
  const row = {
    check: 'reach',
    tried: `the keeper lists ${bucket} at ${placeOf(patient)}`,
    found: answerInWords(called),
  }
  if (called.output) {
    return {
      ...row,
      outcome: 'holds',
      means: 'Arrivals are seen, and uploads verified.',
      mend: null,
    }
  }
  const means = 'Slots are issued, but no upload ever becomes ready.'
  return { ...row, outcome: 'broken', means, mend: mendFor(patient, called) }
}

const placeOf = ({ config }: Patient): string =>
  `${config.endpoint ?? 'AWS'}, region ${config.region}`

type Refusal = { status: number; code: string }

/** By what stores say; what they mean by it differs, so the words name every likely cause. */
function mendFor({ config, bucket }: Patient, { status, code }: Refusal): string {
  if (status === 0) {
    return `Nobody answers at ${config.endpoint ?? 'AWS'}: check S3_ENDPOINT, the network and the store itself.`
  }
  if (code === 'NoSuchBucket' || status === 404) {
    return `There is no bucket ${bucket}: make it, or correct S3_BUCKET or the profile.`
  }
  if (isAboutRegion(status, code)) {
    return `The store does not serve region ${config.region}: set S3_REGION to the bucket's own.`
  }
  if (code === 'InvalidAccessKeyId') return 'The store does not know S3_KEEPER_ACCESS_KEY_ID.'
  if (code === 'SignatureDoesNotMatch') {
    return 'S3_KEEPER_SECRET_ACCESS_KEY is not the secret of S3_KEEPER_ACCESS_KEY_ID.'
  }
  if (code === 'RequestTimeTooSkewed') return 'The clocks differ too much: see the row clock.'
  return 'Give the keeper the policy infra/bucket/keeper-policy.json, and check its id and secret.'
}

const isAboutRegion = (status: number, code: string): boolean =>
  status === 301 ||
  /Region|AuthorizationHeaderMalformed|IllegalLocationConstraint|PermanentRedirect/.test(code)
