/** The calls that ask for slots, as they are described. */

import { PENDING } from '../openapi/examples.ts'
import type { Operation } from '../openapi/operation.ts'
import { BatchAnswer, UploadBody } from '../openapi/upload-schemas.ts'
import { problemType } from '../problem-meanings.ts'
import { BatchBody, SlotRequestBody } from '../slot-request.ts'

const { status, title, retry } = problemType('size-over-limit')

const refused = {
  type: '/problems/size-over-limit',
  status,
  title,
  detail: 'declared size is 99999999999 bytes',
  expected: 'at most 104857600 bytes',
  retry,
  errors: [{ pointer: '/size', detail: '99999999999 is more than 104857600' }],
  instance: '7c8a1d6e-5a53-4f0e-9d5c-0a4f2e2b9b11',
}

const minimal = { filename: 'holiday.png', contentType: 'image/png', size: 123456 }

export const createOperations: readonly Operation[] = [
  {
    id: 'createUpload',
    tag: 'Uploads',
    method: 'post',
    path: '/v1/uploads',
    summary: 'Ask for a slot',
    description: 'The record and its quota are durable before the answer is sent.',
    access: 'keys-and-tokens',
    headers: ['idempotency-key'],
    body: {
      schema: SlotRequestBody,
      required: true,
      examples: {
        minimal,
        full: {
          profile: 'default',
          filename: 'holiday.png',
          contentType: 'image/png',
          size: 123456,
          sha256: 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=',
          metadata: { orderId: '17' },
          expiresIn: 600,
          subject: 'user-4711',
        },
      },
    },
    answers: [
      {
        status: 201,
        description: 'The record, with its slot.',
        content: UploadBody,
        example: PENDING,
        headers: ['location', 'idempotency-replayed'],
      },
    ],
    leadsTo: [
      'getUpload',
      'completeUpload',
      'renewSlot',
      'downloadUpload',
      'getHistory',
      'getReceipt',
      'deleteUpload',
    ],
    problems: [
      'invalid-idempotency-key',
      'idempotency-in-progress',
      'idempotency-key-reused',
      'not-found',
      'quota-exceeded',
      'size-over-limit',
      'size-under-limit',
      'content-type-not-allowed',
      'unknown-profile',
      'storage-credentials-expiring',
      'draining',
    ],
  },
  {
    id: 'createUploads',
    tag: 'Uploads',
    method: 'post',
    path: '/v1/uploads/batch',
    summary: 'Ask for up to 100 slots',
    description:
      'Each item is decided by itself and in order; all are recorded in one transaction. ' +
      'What a single call would refuse becomes the problem of the item.',
    access: 'keys-and-tokens',
    headers: ['idempotency-key'],
    body: {
      schema: BatchBody,
      required: true,
      examples: { one: { uploads: [minimal, { ...minimal, size: 99999999999 }] } },
    },
    answers: [
      {
        status: 200,
        description: 'The outcome of every item.',
        content: BatchAnswer,
        example: { results: [{ upload: PENDING }, { problem: refused }] },
        headers: ['idempotency-replayed'],
      },
    ],
    problems: [
      'invalid-idempotency-key',
      'idempotency-in-progress',
      'idempotency-key-reused',
      'not-found',
      'storage-credentials-expiring',
      'draining',
    ],
  },
]
