/** Upload tokens, as they are described. */

import { z } from 'zod'
import type { Operation } from '../openapi/operation.ts'
import { Time } from '../openapi/upload-schemas.ts'
import { TokenBody } from './tokens.ts'

const Token = z
  .strictObject({ token: z.string(), expiresAt: Time })
  .meta({ id: 'UploadToken', description: 'Given out once; nobody can look it up again.' })

export const tokenOperations: readonly Operation[] = [
  {
    id: 'createToken',
    tag: 'Tokens',
    method: 'post',
    path: '/v1/tokens',
    summary: 'Make an upload token for a browser',
    access: 'keys',
    body: {
      schema: TokenBody,
      required: true,
      examples: {
        one: { profile: 'default', subject: 'user-4711', maxUploads: 3, expiresIn: 600 },
        usual: {},
      },
    },
    answers: [{ status: 201, description: 'The token.', content: Token }],
    problems: ['unknown-profile'],
  },
]
