/** What the doctor examines: one bucket, with every credential that has to do with it. */

import type { S3Client } from '@aws-sdk/client-s3'
import { createBucket, type Bucket } from '../bucket.ts'
import { createClient } from '../client.ts'
import type { BucketConfig, Location, StorageCredentials } from '../config.ts'

/** Where the bucket's notifications should go, as far as Berth's configuration tells. */
export type EventTargets = {
  /** `POST /events/s3`: MinIO and its like. */
  webhook: boolean
  queueArn: string | null
  topicArn: string | null
  eventBridge: boolean
}

export type PatientTerms = {
  config: BucketConfig
  /** Reads and writes the bucket's settings; null: the keeper does. */
  admin: StorageCredentials | null
  bucket: string
  /** Of the profiles that use the bucket. */
  prefix: string
  /** 128 random bits in hex, two of them. */
  nonces: readonly [string, string]
  origins: readonly string[]
  events: EventTargets
  now: () => Date
}

export type Patient = PatientTerms & {
  gate: Bucket
  keeper: S3Client
  settings: S3Client
  /** `…staging/doctor-<random>/` */
  folder: string
  /** `…objects/doctor-<random>/` */
  sealedFolder: string
  deadline: () => AbortSignal
}

const PATIENCE_MS = 30_000

export function admit(terms: PatientTerms): Patient {
  const { config, admin, prefix, nonces, now } = terms
  return {
    ...terms,
    gate: createBucket(config, undefined, now),
    keeper: createClient(config, config.keeper),
    settings: createClient(config, admin ?? config.keeper),
    folder: `${prefix}staging/doctor-${nonces[0]}/`,
    sealedFolder: `${prefix}objects/doctor-${nonces[1]}/`,
    deadline: () => AbortSignal.timeout(PATIENCE_MS),
  }
}

export const stagingAt = ({ bucket, folder }: Patient, name: string): Location => ({
  bucket,
  key: `${folder}${name}`,
})

export const sealedAt = ({ bucket, sealedFolder }: Patient, name: string): Location => ({
  bucket,
  key: `${sealedFolder}${name}`,
})
