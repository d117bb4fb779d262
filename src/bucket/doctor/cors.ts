/** Whether a browser may PUT to a slot from each of the configured origins: asked by a preflight, as it asks. */

import { GetBucketCorsCommand, PutBucketCorsCommand, type CORSRule } from '@aws-sdk/client-s3'
import { TERMS } from '../breaches.ts'
import { answerInWords, sendRaw, type Answer } from '../raw-request.ts'
import { tryCall } from './call.ts'
import type { Check, Finding, Mended } from './finding.ts'
import { stagingAt, type Patient } from './patient.ts'

/** What a browser has to ask for: all that a slot's headers may hold. */
const ASKED = ['content-type', 'if-none-match', 'x-amz-checksum-sha256']

export const corsCheck = (patient: Patient): Check =>
  patient.origins.length === 0
    ? { examine: () => Promise.resolve(NO_ORIGINS) }
    : { examine: () => examine(patient), apply: () => apply(patient) }

const NO_ORIGINS: Finding = {
  check: 'cors',
  outcome: 'unknown',
  tried: 'a preflight from the origins of CORS_ORIGINS',
  found: 'none is configured',
  means: 'If pages upload by themselves, whether the store lets them is not known.',
  mend: 'Name the origins of your pages in CORS_ORIGINS, and run this again.',
}

async function examine(patient: Patient): Promise<Finding> {
  const answers: { origin: string; answer: Answer }[] = []
  for (const origin of patient.origins) {
    answers.push({ origin, answer: await preflight(patient, origin) })
  }
  const refused = answers.filter(({ origin, answer }) => !allows(answer, origin))
  const row = {
    check: 'cors',
    tried: `a preflight of a slot's PUT from ${patient.origins.join(', ')}`,
    found: answers.map(({ origin, answer }) => inWords(answer, origin)).join(', '),
  }
  if (refused.length === 0) {
    return { ...row, outcome: 'holds', means: 'Pages of these origins can upload.', mend: null }
  }
  const who = refused.map(({ origin }) => origin).join(', ')
  return {
    ...row,
    outcome: 'broken',
    means: `No page of ${who} can upload: the browser stops it before the PUT.`,
    mend: 'berth doctor --fix, or apply infra/bucket/cors.json with your origins. MinIO: set MINIO_API_CORS_ALLOW_ORIGIN.',
  }
}

async function preflight(patient: Patient, origin: string): Promise<Answer> {
  const { url } = await patient.gate.presignPut(stagingAt(patient, 'cors'), TERMS, patient.now())
  const headers = {
    origin,
    'access-control-request-method': 'PUT',
    'access-control-request-headers': ASKED.join(','),
  }
  return sendRaw({ method: 'OPTIONS', url, headers, deadline: patient.deadline() })
}

function allows({ status, headers }: Answer, origin: string): boolean {
  const given = headers['access-control-allow-origin'] ?? ''
  const methods = listOf(headers['access-control-allow-methods'])
  const names = listOf(headers['access-control-allow-headers'])
  return (
    status >= 200 &&
    status < 300 &&
    (given === origin || given === '*') &&
    (methods.includes('put') || methods.includes('*')) &&
    (names.includes('*') || ASKED.every((name) => names.includes(name)))
  )
}

const listOf = (value: string | string[] | undefined): string[] =>
  [value ?? '']
    .flat()
    .join(',')
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())

const inWords = (answer: Answer, origin: string): string =>
  allows(answer, origin) ? `${answer.status}, allowed` : `${answerInWords(answer)}, not allowed`

/** Beside the rules that are there. */
async function apply({ settings, bucket, origins }: Patient): Promise<Mended> {
  const present = await tryCall(settings, (client, options) =>
    client.send(new GetBucketCorsCommand({ Bucket: bucket }), options),
  )
  if (!present.output && present.code !== 'NoSuchCORSConfiguration') {
    return { refusal: answerInWords(present) }
  }
  const others = (present.output?.CORSRules ?? []).filter(({ ID }) => ID !== RULE_ID)
  const CORSRules = [...others, ruleFor(origins)]
  const put = await tryCall(settings, (client, options) =>
    client.send(
      new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }),
      options,
    ),
  )
  return { refusal: put.output ? null : answerInWords(put) }
}

const RULE_ID = 'berth'

const ruleFor = (origins: readonly string[]): CORSRule => ({
  ID: RULE_ID,
  AllowedOrigins: [...origins],
  AllowedMethods: ['PUT', 'GET', 'HEAD'],
  AllowedHeaders: ASKED,
  ExposeHeaders: ['ETag', 'x-amz-request-id'],
  MaxAgeSeconds: 600,
})
