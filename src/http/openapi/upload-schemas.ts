/** What callers are told of an upload. A test holds every answer of every route against these. */

import { z } from 'zod'
import { UPLOAD_STATES } from '../../upload/upload.ts'
import { ProblemBody } from './problem-answers.ts'

export const Time = z.iso.datetime()
const Sha256 = z.string().length(44).describe('Base64 of 32 bytes.')
export const UploadId = z.string().regex(/^upl_[0-9a-f]{32}$/)

const State = z.enum(UPLOAD_STATES).meta({
  id: 'UploadState',
  description: 'Final: ready (then only deleted), rejected, expired, canceled, failed, deleted.',
})

const Slot = z
  .strictObject({
    method: z.literal('PUT'),
    url: z.url().describe('Good for one PUT of just this length, type and, if declared, SHA-256.'),
    headers: z.record(z.string(), z.string()).describe('Exactly what the client has to send.'),
    expiresAt: Time,
  })
  .meta({ id: 'Slot', description: 'The permission to PUT once.' })

const Parts = z
  .strictObject({
    size: z.int().min(1).describe('Bytes of every part but the last, which has what is left.'),
    count: z.int().min(1).max(10_000),
  })
  .meta({ id: 'Parts', description: 'How a large object is divided.' })

const Enforcer = z.enum(['storage', 'verification'])

export const Enforcements = z
  .strictObject({
    size: Enforcer,
    contentType: Enforcer,
    sha256: Enforcer,
    singleUse: Enforcer,
  })
  .meta({
    id: 'Guarantees',
    description:
      'Who keeps each promise: the store refuses the PUT, or Berth rejects it afterwards.',
  })

const VerifiedObject = z
  .strictObject({
    bucket: z.string(),
    key: z.string().nullable().describe('Null once the object is deleted.'),
    versionId: z.string().nullable(),
    size: z.int().min(0),
    contentType: z.string(),
    sha256: Sha256,
    scan: z.enum(['clean', 'off']),
    verifiedAt: Time,
  })
  .meta({ id: 'VerifiedObject', description: 'What was verified; fixed for ever.' })

const Rejection = z
  .strictObject({
    reason: z.enum([
      'size-mismatch',
      'sha256-mismatch',
      'content-type-mismatch',
      'content-type-not-allowed',
      'infected',
      'unscannable',
      'empty',
      'unreadable',
      'unstable-source',
    ]),
    detail: z.string(),
    expected: z.string(),
    observed: z.string(),
  })
  .meta({ id: 'Rejection', description: 'Which promise the content broke.' })

export const UploadBody = z
  .strictObject({
    id: UploadId,
    state: State,
    profile: z.string(),
    filename: z.string(),
    contentType: z.string(),
    size: z.int().min(0).describe('Declared bytes.'),
    sha256: Sha256.nullable().describe('Declared; the verified one is in `object`.'),
    metadata: z.record(z.string(), z.string()),
    subject: z.string().nullable(),
    createdAt: Time,
    updatedAt: Time.describe('Moves with the state only.'),
    landBy: Time.describe('After this, no PUT of a slot of this upload can still land.'),
    version: z.int().min(1).describe('Grows by one with every change of the state.'),
    slot: Slot.nullable().describe('Only in answers that issue one; never of an upload in parts.'),
    parts: Parts.nullable().describe('Null: the object is sent in one PUT.'),
    guarantees: Enforcements,
    object: VerifiedObject.nullable().describe('Null until the upload is ready.'),
    rejection: Rejection.nullable(),
  })
  .meta({ id: 'Upload', description: 'The record of one upload.' })

export const UploadPage = z
  .strictObject({ uploads: z.array(UploadBody), nextCursor: z.string().nullable() })
  .meta({ id: 'UploadPage', description: 'The newest first.' })

export const BatchAnswer = z
  .strictObject({
    results: z.array(
      z.union([z.strictObject({ upload: UploadBody }), z.strictObject({ problem: ProblemBody })]),
    ),
  })
  .meta({ id: 'BatchAnswer', description: 'One result for each item, in the same order.' })

export const DownloadBody = z
  .strictObject({
    url: z.url(),
    expiresAt: Time,
    filename: z.string(),
    contentType: z.string(),
    size: z.int().min(0),
    sha256: Sha256,
  })
  .meta({ id: 'Download', description: 'A URL that saves the verified bytes as a file.' })

export const HistoryBody = z
  .strictObject({
    history: z.array(
      z.strictObject({
        version: z.int().min(1),
        state: State,
        at: Time,
        cause: z.enum(['api', 'event', 'complete', 'sweep', 'worker', 'operator']),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'History', description: 'Every change of the state, oldest first.' })
