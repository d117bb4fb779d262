/** The keeper's own work on a probe: seal it, look at it, and never seal what has changed meanwhile. */

import { CopyObjectCommand } from '@aws-sdk/client-s3'
import { answerInWords } from '../raw-request.ts'
import { tryCall } from './call.ts'
import type { Finding } from './finding.ts'
import { sealedAt, stagingAt, type Patient } from './patient.ts'

const POLICY = 'Give the keeper the policy infra/bucket/keeper-policy.json.'

/** Copy, read and delete, each as a verification does it. The copy `sealed` stays for other checks. */
export async function examineClaim(patient: Patient): Promise<Finding> {
  const row = { check: 'claim', tried: 'the keeper copies the probe to objects/ and reads it back' }
  const fault = await sealAndRead(patient)
  if (fault === null) {
    const means = 'Uploads become ready.'
    return { ...row, outcome: 'holds', found: 'copied and read', means, mend: null }
  }
  const means = 'No upload becomes ready: each waits, and is failed after GIVE_UP_SECONDS.'
  return { ...row, outcome: 'broken', found: fault, means, mend: POLICY }
}

/** Null when all of it worked. */
async function sealAndRead(patient: Patient): Promise<string | null> {
  const { gate, deadline } = patient
  try {
    const source = await gate.head(stagingAt(patient, '1'))
    if (!source) return 'the probe is not there any more'
    const { key } = sealedAt(patient, 'sealed')
    const as = { ...source, contentType: 'text/plain' }
    await gate.claim(stagingAt(patient, '1'), key, as)
    const read = await gate.read(sealedAt(patient, 'sealed'), deadline())
    if (!read) return 'the copy is not there'
    await read.body.forEach(() => undefined)
    return null
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? cause.name : String(cause)
  }
}

/** A store that copies whatever it finds makes races likelier; the verdict is about the copy alone. */
export async function examineCondition(patient: Patient): Promise<Finding> {
  const { keeper, bucket } = patient
  const command = new CopyObjectCommand({
    Bucket: bucket,
    Key: sealedAt(patient, 'conditional').key,
    CopySource: `${bucket}/${stagingAt(patient, '1').key}`,
    CopySourceIfMatch: '"00000000000000000000000000000000"',
  })
  const called = await tryCall(keeper, (client, options) => client.send(command, options))
  const row = {
    check: 'condition',
    tried: 'a copy with a wrong ETag',
    found: answerInWords(called),
  }
  if (called.status === 412) {
    const means = 'What changed after the look is not sealed, but looked at again.'
    return { ...row, outcome: 'holds', means, mend: null }
  }
  if (called.status !== 200) {
    const mend = 'Mend the row claim first.'
    return { ...row, outcome: 'unknown', means: 'Nothing can be said.', mend }
  }
  return {
    ...row,
    outcome: 'weaker',
    means:
      'An upload that is overwritten at the last moment is judged by its new bytes. What is served is still what was verified.',
    mend: 'The store ignores CopySourceIfMatch: update it (S3, MinIO and versitygw know it).',
  }
}
