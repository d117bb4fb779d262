/** The calls that follow an upload, as they are described. */

import { z } from 'zod'
import { DELETED, DOWNLOAD, HISTORY, PENDING, READY, RECEIVED } from '../openapi/examples.ts'
import type { Operation } from '../openapi/operation.ts'
import { DownloadBody, HistoryBody, UploadBody, UploadPage } from '../openapi/upload-schemas.ts'
import { DownloadQuery, ListQuery, NoBody, WaitQuery } from '../upload-queries.ts'

const one = '/v1/uploads/:id'
const nothing = { schema: NoBody, required: false, examples: { empty: {} } }

const KeySet = z
  .strictObject({
    keys: z.array(
      z.strictObject({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        alg: z.literal('EdDSA'),
        use: z.literal('sig'),
      }),
    ),
  })
  .meta({ id: 'KeySet', description: 'A JSON Web Key Set (RFC 7517).' })

export const uploadOperations: readonly Operation[] = [
  {
    id: 'listUploads',
    tag: 'Uploads',
    method: 'get',
    path: '/v1/uploads',
    summary: 'List uploads, the newest first',
    access: 'keys',
    query: ListQuery,
    answers: [
      {
        status: 200,
        description: 'A page. `nextCursor` is null on the last one.',
        content: UploadPage,
        example: { uploads: [READY], nextCursor: null },
      },
    ],
    problems: ['invalid-cursor'],
  },
  {
    id: 'getUpload',
    tag: 'Uploads',
    method: 'get',
    path: one,
    summary: 'Read an upload, or wait for its end',
    access: 'keys-and-tokens',
    query: WaitQuery,
    answers: [{ status: 200, description: 'The record.', content: UploadBody, example: READY }],
    problems: [],
  },
  {
    id: 'deleteUpload',
    tag: 'Uploads',
    method: 'delete',
    path: one,
    summary: 'Withdraw an upload, or delete what is ready',
    description:
      'Before it is ready the upload becomes `canceled`; a ready one becomes `deleted`, which upload tokens may not do. ' +
      'The record stays, and a repeat is answered with it.',
    access: 'keys-and-tokens',
    headers: ['if-match'],
    body: nothing,
    answers: [{ status: 200, description: 'The record.', content: UploadBody, example: DELETED }],
    problems: ['illegal-state', 'precondition-failed'],
  },
  {
    id: 'renewSlot',
    tag: 'Uploads',
    method: 'post',
    path: `${one}/slot`,
    summary: 'Get a fresh slot for an upload that is pending',
    access: 'keys-and-tokens',
    body: nothing,
    answers: [
      {
        status: 201,
        description: 'The record, with the slot.',
        content: UploadBody,
        example: PENDING,
        headers: ['location'],
      },
    ],
    problems: ['illegal-state', 'upload-expired', 'storage-credentials-expiring', 'draining'],
  },
  {
    id: 'completeUpload',
    tag: 'Uploads',
    method: 'post',
    path: `${one}/complete`,
    summary: 'Say that the PUT has ended, or the last part was sent',
    description:
      'Berth looks at once, instead of waiting for an event. Parts become one object, by the list ' +
      'of the store itself, once all are there. Safe to repeat.',
    access: 'keys-and-tokens',
    body: nothing,
    answers: [{ status: 202, description: 'The record.', content: UploadBody, example: RECEIVED }],
    problems: [
      'illegal-state',
      'object-not-found-yet',
      'parts-incomplete',
      'upload-expired',
      'storage-unavailable',
    ],
  },
  {
    id: 'downloadUpload',
    tag: 'Uploads',
    method: 'get',
    path: `${one}/download`,
    summary: 'Get a URL for the verified bytes',
    access: 'keys-and-tokens',
    query: DownloadQuery,
    answers: [
      {
        status: 200,
        description: 'A URL that saves a file, with the verified type.',
        content: DownloadBody,
        example: DOWNLOAD,
      },
    ],
    problems: ['illegal-state', 'upload-deleted', 'storage-credentials-expiring'],
  },
  {
    id: 'getHistory',
    tag: 'Uploads',
    method: 'get',
    path: `${one}/history`,
    summary: 'Read every change of an upload',
    access: 'keys-and-tokens',
    answers: [{ status: 200, description: 'The changes.', content: HistoryBody, example: HISTORY }],
    problems: [],
  },
  {
    id: 'getReceipt',
    tag: 'Receipts',
    method: 'get',
    path: `${one}/receipt`,
    summary: 'Get the signed receipt of a ready upload',
    access: 'keys-and-tokens',
    answers: [{ status: 200, description: 'A compact JWS (EdDSA).', content: 'application/jose' }],
    problems: ['illegal-state', 'upload-deleted'],
  },
  {
    id: 'getKeySet',
    tag: 'Receipts',
    method: 'get',
    path: '/.well-known/jwks.json',
    summary: 'The public keys that receipts are checked against',
    access: 'open',
    answers: [{ status: 200, description: 'The keys.', content: KeySet }],
    problems: ['not-acceptable'],
  },
]
