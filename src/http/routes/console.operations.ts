/** The operators' calls, as they are described. */

import { ChartsQuery, EventsQuery, SearchQuery } from '../console-queries.ts'
import {
  ChartsBody,
  EventsBody,
  OverviewBody,
  SearchBody,
  ShownUploadBody,
} from '../openapi/console-schemas.ts'
import { READY } from '../openapi/examples.ts'
import type { Operation } from '../openapi/operation.ts'

type Said = Pick<Operation, 'id' | 'path' | 'summary' | 'answers'> & Partial<Operation>

const call = (said: Said): Operation => ({
  tag: 'Console',
  method: 'get',
  access: 'keys',
  problems: [],
  ...said,
})

export const consoleOperations: readonly Operation[] = [
  call({
    id: 'getOverview',
    path: '/v1/console/overview',
    summary: 'How things stand now',
    description:
      "The key's own uploads and deliveries by state; events and buckets, which all tenants share.",
    answers: [{ status: 200, description: 'Counts and conditions.', content: OverviewBody }],
  }),
  call({
    id: 'getCharts',
    path: '/v1/console/charts',
    summary: 'Uploads, arrivals, rejections and times to ready, over time',
    query: ChartsQuery,
    answers: [{ status: 200, description: 'One point per step.', content: ChartsBody }],
  }),
  call({
    id: 'searchUploads',
    path: '/v1/console/uploads',
    summary: 'Search uploads, the newest first',
    query: SearchQuery,
    answers: [
      {
        status: 200,
        description: 'What was found in the stretch that this call has looked at.',
        content: SearchBody,
        example: { uploads: [READY], nextCursor: null, searchedBackTo: null },
      },
    ],
    problems: ['invalid-cursor'],
  }),
  call({
    id: 'showUpload',
    path: '/v1/console/uploads/:id',
    summary: 'One upload with its history and its deliveries',
    answers: [{ status: 200, description: 'All of it.', content: ShownUploadBody }],
  }),
  call({
    id: 'listEvents',
    path: '/v1/console/events',
    summary: 'Stored events that could not be understood, or that named no upload',
    description: 'Facts alone, as what an event says may be about any tenant.',
    query: EventsQuery,
    answers: [{ status: 200, description: 'The latest.', content: EventsBody }],
  }),
]
