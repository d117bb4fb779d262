/** The intake of events, as it is described. */

import { z } from 'zod'
import type { Access, Operation } from '../openapi/operation.ts'

// Whatever an authentic event says, it is taken: a sender would repeat what is refused, for ever.
const anything = {
  schema: z.unknown(),
  required: false,
  examples: {
    minio: {
      Records: [
        {
          eventName: 's3:ObjectCreated:Put',
          s3: { bucket: { name: 'uploads' }, object: { key: 'staging%2Fupl_019a%2Fnonce' } },
        },
      ],
    },
  },
}

type Intake = Pick<Operation, 'id' | 'path' | 'summary'> & { access: Access }

const intake = (said: Intake): Operation => ({
  ...said,
  tag: 'Events',
  method: 'post',
  body: anything,
  answers: [{ status: 202, description: 'Stored; Berth looks soon.', content: null }],
  problems: [],
})

export const eventOperations: readonly Operation[] = [
  intake({
    id: 'postS3Event',
    path: '/events/s3',
    summary: 'Events of MinIO, Ceph, versitygw',
    access: 'sender-s3',
  }),
  intake({
    id: 'postEventBridgeEvent',
    path: '/events/eventbridge',
    summary: 'Events of an API destination',
    access: 'sender-eventbridge',
  }),
  {
    ...intake({
      id: 'postSnsEvent',
      path: '/events/sns',
      summary: 'Messages of a topic; their signature is verified',
      access: 'sender-sns',
    }),
    problems: ['storage-unavailable'],
  },
]
