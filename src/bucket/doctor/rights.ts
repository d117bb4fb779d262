/** Signer and reader are in URLs, so each may do its one thing and nothing else. */

import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { BODY } from '../breaches.ts'
import { createClient } from '../client.ts'
import type { StorageCredentials } from '../config.ts'
import { answerInWords } from '../raw-request.ts'
import { tryCall, type Called } from './call.ts'
import type { Finding } from './finding.ts'
import { sealedAt, stagingAt, type Patient } from './patient.ts'

type Who = 'signer' | 'reader'
type Power =
  'read staging/' | 'read objects/' | 'write to staging/' | 'write to objects/' | 'delete' | 'list'

const FORBIDDEN: Record<Who, Power[]> = {
  signer: ['read staging/', 'read objects/', 'write to objects/', 'delete', 'list'],
  reader: ['read staging/', 'write to staging/', 'write to objects/', 'delete', 'list'],
}

export async function examineRights(patient: Patient, who: Who): Promise<Finding> {
  const credentials = patient.config[who]
  if (!credentials || isKeeper(patient, credentials)) return sameAsKeeper(who)
  const client = createClient(patient.config, credentials)
  const powers: Power[] = []
  const words: string[] = []
  for (const power of FORBIDDEN[who]) {
    const called = await exercise(patient, client, { who, power })
    words.push(answerInWords(called))
    if (called.status === 200) powers.push(power)
  }
  const row = { check: `${who}-rights`, tried: `the ${who} tries to ${FORBIDDEN[who].join(', ')}` }
  if (powers.length === 0) {
    const found = words.join(', ')
    return {
      ...row,
      found,
      outcome: 'holds',
      means: `A URL's ${who} can do nothing else.`,
      mend: null,
    }
  }
  return {
    ...row,
    found: `it may ${powers.join(', ')}`,
    outcome: 'broken',
    means: `The ${who} is too strong: whoever gets hold of it, or forges in its name, can do that as well.`,
    mend: `Replace its policy by infra/bucket/${who}-policy.json.`,
  }
}

const isKeeper = ({ config }: Patient, { accessKeyId }: StorageCredentials): boolean =>
  config.keeper?.accessKeyId === accessKeyId

const sameAsKeeper = (who: Who): Finding => ({
  check: `${who}-rights`,
  outcome: 'weaker',
  tried: `whether the ${who} is another credential than the keeper`,
  found: 'it is the same',
  means:
    'Every URL prints the id of a credential that may do everything. Fine for a laptop, not for production.',
  mend: `Make a user of its own with infra/bucket/${who}-policy.json, and set S3_${who.toUpperCase()}_ACCESS_KEY_ID and …_SECRET_ACCESS_KEY.`,
})

type Exercise = { who: Who; power: Power }

function exercise(
  patient: Patient,
  client: S3Client,
  { who, power }: Exercise,
): Promise<Called<unknown>> {
  const place = (folder: 'staging' | 'objects', name: string) => {
    const { bucket, key } =
      folder === 'staging' ? stagingAt(patient, name) : sealedAt(patient, name)
    return { Bucket: bucket, Key: key }
  }
  const write = (folder: 'staging' | 'objects') =>
    new PutObjectCommand({ ...place(folder, who), Body: BODY })
  return tryCall<unknown>(client, (asked, options) => {
    switch (power) {
      case 'read staging/':
        return asked.send(new HeadObjectCommand(place('staging', '1')), options)
      case 'read objects/':
        return asked.send(new HeadObjectCommand(place('objects', 'sealed')), options)
      case 'write to staging/':
        return asked.send(write('staging'), options)
      case 'write to objects/':
        return asked.send(write('objects'), options)
      case 'delete':
        return asked.send(new DeleteObjectCommand(place('objects', 'nothing')), options)
      case 'list':
        return asked.send(new ListObjectsV2Command({ Bucket: patient.bucket }), options)
    }
  })
}
