/** The live status of an upload, as it is described. */

import type { Operation } from '../openapi/operation.ts'

export const statusOperations: readonly Operation[] = [
  {
    id: 'followUpload',
    tag: 'Uploads',
    method: 'get',
    path: '/v1/uploads/:id/events',
    summary: 'Follow an upload live',
    description:
      'Server-sent events, one for every change: `id` is the version, `event` is `upload.<state>`, `data` the record. ' +
      'The first is the record as it is, or, with `Last-Event-ID`, the first change after that version. ' +
      'A comment comes every 15 s. The stream ends after a final state, and after 15 minutes: then come again.',
    access: 'keys-and-tokens',
    headers: ['last-event-id'],
    answers: [
      { status: 200, description: 'The changes.', content: 'text/event-stream' },
      {
        status: 204,
        description: 'There is nothing after that version, and nothing will come.',
        content: null,
      },
    ],
    problems: ['too-many-streams', 'draining'],
  },
]
