/** The calls about parts, as they are described. */

import { SIGNED_PARTS, HELD_PARTS } from '../openapi/examples.ts'
import type { Operation } from '../openapi/operation.ts'
import { HeldParts, SignedParts } from '../openapi/part-schemas.ts'
import { PartsBody } from '../parts-request.ts'

const path = '/v1/uploads/:id/parts'

export const partOperations: readonly Operation[] = [
  {
    id: 'signParts',
    tag: 'Uploads',
    method: 'post',
    path,
    summary: 'Get URLs for parts of a large upload',
    description:
      'Up to 100 at once, in any order. A part may be sent again until the upload is completed. ' +
      'Asking also renews the upload.',
    access: 'keys-and-tokens',
    body: { schema: PartsBody, required: true, examples: { first: { partNumbers: [1, 2] } } },
    answers: [
      { status: 200, description: 'The URLs.', content: SignedParts, example: SIGNED_PARTS },
    ],
    problems: [
      'illegal-state',
      'upload-expired',
      'storage-unavailable',
      'storage-credentials-expiring',
      'draining',
    ],
  },
  {
    id: 'listParts',
    tag: 'Uploads',
    method: 'get',
    path,
    summary: 'List the parts that the store holds',
    description: 'Asked of the store: where to resume.',
    access: 'keys-and-tokens',
    answers: [{ status: 200, description: 'By number.', content: HeldParts, example: HELD_PARTS }],
    problems: ['illegal-state', 'upload-expired', 'storage-unavailable'],
  },
]
