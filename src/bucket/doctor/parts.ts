/** An object in parts: begun, one part sent as a client does, listed, and ended, each by whose work it is. */

import { BODY } from '../breaches.ts'
import { answerInWords, sendRaw } from '../raw-request.ts'
import type { Finding } from './finding.ts'
import { stagingAt, type Patient } from './patient.ts'

type Fault = { found: string; mend: string }

const SIGNER = 'Give the signer the policy infra/bucket/signer-policy.json.'
const KEEPER =
  'Give the keeper the policy infra/bucket/keeper-policy.json: s3:ListMultipartUploadParts and s3:AbortMultipartUpload on staging/*, s3:ListBucketMultipartUploads on the bucket.'
const STORE =
  'Use a store that lists multipart uploads by their exact key and checks signed lengths of parts (S3, MinIO and versitygw do).'

export async function examineParts(patient: Patient): Promise<Finding> {
  const row = {
    check: 'parts',
    tried: 'the signer begins an object in parts, one is sent; the keeper lists it and ends all',
  }
  const fault = await tryParts(patient)
  if (fault === null) {
    const found = 'begun, sent, listed, ended'
    return { ...row, outcome: 'holds', found, means: 'Large objects can be sent.', mend: null }
  }
  const means =
    'Objects above the multipartThreshold of their profile cannot be sent, or stay unfinished.'
  return { ...row, outcome: 'broken', means, ...fault }
}

/** Null when all of it worked. What was begun is ended in any case that the store allows. */
async function tryParts(patient: Patient): Promise<Fault | null> {
  const { gate } = patient
  const location = stagingAt(patient, 'parts')
  const begun = await tried(SIGNER, 'begin', () => gate.beginAssembly(location, 'text/plain'))
  if ('found' in begun) return begun
  const assembly = begun.value
  const fault = await sendAndList(patient, assembly)
  const ended = await tried(KEEPER, 'end', () => gate.abortAssemblies(location))
  if (fault !== null) return fault
  if ('found' in ended) return ended
  const after = await tried(KEEPER, 'list', () => gate.listParts(location, assembly))
  if ('found' in after) return after
  return after.value === null ? null : { found: 'it was ended and is still there', mend: STORE }
}

async function sendAndList(patient: Patient, assembly: string): Promise<Fault | null> {
  const { gate, now, deadline } = patient
  const location = stagingAt(patient, 'parts')
  const terms = { assembly, number: 1, size: BODY.length, ttlSeconds: 300 }
  const { url, headers } = await gate.presignPart(location, terms, now())
  const send = (body: Buffer) =>
    sendRaw({
      method: 'PUT',
      url,
      headers: { ...headers, 'content-length': String(body.length) },
      body,
      deadline: deadline(),
    })
  const wrong = await send(BODY.subarray(1))
  if (wrong.status === 200) return { found: 'a part of a wrong length was taken', mend: STORE }
  const right = await send(BODY)
  if (right.status !== 200) return { found: `the part: ${answerInWords(right)}`, mend: SIGNER }
  const listed = await tried(KEEPER, 'list', () => gate.listParts(location, assembly))
  if ('found' in listed) return listed
  const isAll = listed.value?.length === 1 && listed.value[0]?.size === BODY.length
  return isAll ? null : { found: 'the part that was sent is not listed', mend: STORE }
}

async function tried<T>(
  mend: string,
  what: string,
  run: () => Promise<T>,
): Promise<{ value: T } | Fault> {
  try {
    return { value: await run() }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { found: `${what}: ${cause instanceof Error ? cause.name : String(cause)}`, mend }
  }
}
