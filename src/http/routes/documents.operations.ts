/** The documents about the API, as they are described. */

import { z } from 'zod'
import type { Operation } from '../openapi/operation.ts'

const Document = z.looseObject({ openapi: z.string() })

export const documentOperations: readonly Operation[] = [
  {
    id: 'getDescription',
    tag: 'Documents',
    method: 'get',
    path: '/openapi.json',
    summary: 'This description',
    access: 'open',
    answers: [{ status: 200, description: 'OpenAPI 3.1.', content: Document }],
    problems: [],
  },
  {
    id: 'listProblems',
    tag: 'Documents',
    method: 'get',
    path: '/problems',
    summary: 'Every type of problem, as a page',
    access: 'open',
    answers: [{ status: 200, description: 'A page.', content: 'text/html' }],
    problems: [],
  },
  {
    id: 'getProblem',
    tag: 'Documents',
    method: 'get',
    path: '/problems/:slug',
    summary: 'What a type of problem means, as a page',
    access: 'open',
    answers: [{ status: 200, description: 'A page.', content: 'text/html' }],
    problems: [],
  },
]
