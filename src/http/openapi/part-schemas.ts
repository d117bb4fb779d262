/** What callers are told of parts. */

import { z } from 'zod'
import { Time } from './upload-schemas.ts'

const PartNumber = z.int().min(1).max(10_000)

export const SignedParts = z
  .strictObject({
    parts: z.array(
      z.strictObject({
        partNumber: PartNumber,
        method: z.literal('PUT'),
        url: z.url().describe('Good for this part at just this length.'),
        headers: z
          .record(z.string(), z.string())
          .describe('What the client has to send, besides the length.'),
        size: z.int().min(1).describe('Exact bytes.'),
        expiresAt: Time,
      }),
    ),
  })
  .meta({ id: 'SignedParts', description: 'A URL for each part that was asked for.' })

export const HeldParts = z
  .strictObject({
    parts: z.array(
      z.strictObject({
        partNumber: PartNumber,
        size: z.int().min(0),
        etag: z.string().describe("The store's own word for the bytes; no hash to rely on."),
      }),
    ),
  })
  .meta({ id: 'HeldParts', description: 'The parts that the store holds.' })
