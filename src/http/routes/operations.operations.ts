/** The calls for balancers and people on duty, as they are described. */

import { z } from 'zod'
import type { Answer, Operation } from '../openapi/operation.ts'
import type { Slug } from '../../problem.ts'

const Check = z.enum(['ok', 'unavailable'])

const Checks = z
  .strictObject({
    records: Check,
    storage: Check,
    storageCircuit: z.enum(['closed', 'open']),
    clockSkewSeconds: z.number().nullable(),
    storageClock: z.enum(['ok', 'skewed']),
    events: z.enum(['ok', 'silent', 'off']),
    scanner: z.enum(['ok', 'unavailable', 'off']),
  })
  .meta({ id: 'Checks', description: 'What Berth stands on.' })

const Up = z.strictObject({ ok: z.literal(true), checks: Checks.optional() })
const Down = z.strictObject({ ok: z.literal(false), checks: Checks, draining: z.boolean() })

type Said = { id: string; path: string; summary: string; answers: Answer[]; problems?: Slug[] }

const get = ({ problems = [], ...said }: Said): Operation => ({
  tag: 'Operations',
  method: 'get',
  access: 'open',
  problems,
  ...said,
})

const ok = (description: string, content: Answer['content']): Answer[] => [
  { status: 200, description, content },
]

export const operationOperations: readonly Operation[] = [
  get({
    id: 'getLiveness',
    path: '/livez',
    summary: 'Whether the process runs',
    answers: ok('It does.', z.strictObject({ ok: z.literal(true) })),
  }),
  get({
    id: 'getReadiness',
    path: '/readyz',
    summary: 'Whether this node should get requests',
    answers: ok(
      'It should; degraded means that the object store is away.',
      z.strictObject({ ok: z.literal(true), degraded: z.boolean() }),
    ),
    problems: ['draining', 'records-unavailable'],
  }),
  get({
    id: 'getHealth',
    path: '/health',
    summary: 'Whether everything that Berth needs is there',
    answers: [
      ...ok('It is; `checks` is there when something is odd.', Up),
      { status: 503, description: 'It is not.', content: Down, headers: ['retry-after'] },
    ],
  }),
  get({
    id: 'getVersion',
    path: '/version',
    summary: 'What runs here',
    answers: ok('The versions.', z.strictObject({ version: z.string(), node: z.string() })),
  }),
  get({
    id: 'getMetrics',
    path: '/metrics',
    summary: 'Figures for Prometheus; not there when METRICS is off',
    answers: ok('The text format.', 'text/plain'),
    problems: ['not-found'],
  }),
]
