/** A right PUT through a slot, and every promise of it broken: what is the store's, what is Berth's to keep. */

import { BODY, sendPut, TERMS, type Attempt, type Tried } from '../breaches.ts'
import { answerInWords, type Answer } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import { stagingAt, type Patient } from './patient.ts'

export function readRightPut({ config }: Patient, { right }: Tried): Finding {
  const row = {
    check: 'slot',
    tried: `a right PUT to ${config.publicEndpoint ?? config.endpoint ?? 'AWS'}, as a client sends it`,
    found: answerInWords(right),
  }
  if (right.status === 200) {
    return { ...row, outcome: 'holds', means: 'Clients can upload.', mend: null }
  }
  const means = 'No client can upload: every PUT to a slot is refused.'
  return { ...row, outcome: 'broken', means, mend: mendFor(right) }
}

function mendFor({ status, code }: Answer): string {
  if (status === 0) {
    return 'S3_PUBLIC_ENDPOINT cannot be reached from here; set it to the address that clients reach, and open the way to it.'
  }
  if (code === 'SignatureDoesNotMatch') {
    return 'S3_SIGNER_SECRET_ACCESS_KEY is wrong, or a proxy before S3_PUBLIC_ENDPOINT changes the Host header or the path: it has to pass both as they come.'
  }
  if (code === 'InvalidAccessKeyId') return 'The store does not know S3_SIGNER_ACCESS_KEY_ID.'
  if (/Skewed|Expired|NotYet/i.test(code)) return 'The clocks differ too much: see the row clock.'
  if (status === 403) {
    return 'Give the signer the policy infra/bucket/signer-policy.json, and check its id and secret and the clock.'
  }
  return 'S3_PUBLIC_ENDPOINT has to lead to the same bucket, and S3_REGION and S3_FORCE_PATH_STYLE have to fit it.'
}

type Promised = { check: string; name: string; attempts: Attempt[]; mend: string }

/** Not the store's to keep means later, not less: Berth verifies each on the copy that it serves. */
export const readPromises = ({ size, contentType, sha256, singleUse }: Tried): Finding[] =>
  [
    {
      check: 'size',
      name: 'the size',
      attempts: size,
      mend: 'The store, or a proxy before it, does not check signed headers: use one that does.',
    },
    {
      check: 'content-type',
      name: 'the type',
      attempts: contentType,
      mend: 'The store, or a proxy before it, does not check signed headers: use one that does.',
    },
    {
      check: 'sha256',
      name: 'the SHA-256',
      attempts: sha256,
      mend: 'The store does not check x-amz-checksum-sha256: update it, or make sure that no proxy drops the header.',
    },
    {
      check: 'single-use',
      name: 'the single use',
      attempts: singleUse,
      mend: 'The store does not know If-None-Match on a PUT: update it (S3 and MinIO do), or pass the header through.',
    },
  ].map(readPromise)

function readPromise({ check, name, attempts, mend }: Promised): Finding {
  if (attempts.length === 0) return untried(check, `PUTs that break ${name}`)
  const tried = `a PUT with ${attempts.map(({ what }) => what).join(', ')}`
  const found = attempts.map(({ answer }) => answerInWords(answer)).join(', ')
  if (attempts.every(({ isRefused }) => isRefused)) {
    return {
      check,
      tried,
      found,
      outcome: 'holds',
      means: `The store enforces ${name}.`,
      mend: null,
    }
  }
  const means = `guarantees say "verification": Berth checks ${name} only after the bytes are there.`
  return { check, tried, found, outcome: 'weaker', means, mend }
}

const untried = (check: string, tried: string): Finding => ({
  check,
  tried,
  found: 'not tried, as the right PUT was refused',
  outcome: 'unknown',
  means: 'Nothing can be said.',
  mend: 'Mend the row slot first.',
})

/** After `landBy` Berth relies on it that no PUT begins any more. */
export async function examineExpiry(patient: Patient): Promise<Finding> {
  const { gate, now, deadline } = patient
  const past = new Date(now().getTime() - (TERMS.ttlSeconds + 100) * 1000)
  const slot = await gate.presignPut(stagingAt(patient, 'late'), TERMS, past)
  const answer = await sendPut(slot, { body: BODY, deadline: deadline() })
  const row = {
    check: 'expiry',
    tried: 'a PUT 100 s after the slot expired',
    found: answerInWords(answer),
  }
  if (answer.status >= 400 && answer.status < 500) {
    return { ...row, outcome: 'holds', means: 'A slot ends when it says.', mend: null }
  }
  if (answer.status === 0) {
    const mend = 'Mend the row slot first.'
    return { ...row, outcome: 'unknown', means: 'Nothing can be said.', mend }
  }
  return {
    ...row,
    outcome: 'broken',
    means: 'A slot works for ever: objects land after their upload is over.',
    mend: 'The store does not judge X-Amz-Expires: use one that does.',
  }
}
