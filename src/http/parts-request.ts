/** The body of POST /v1/uploads/{id}/parts: which parts are to be sent next. */

import { z } from 'zod'

const MOST_AT_ONCE = 100
const MOST_PARTS = 10_000

export const PartsBody = z.strictObject({
  partNumbers: z
    .array(z.int().min(1).max(MOST_PARTS))
    .min(1)
    .max(MOST_AT_ONCE, `more than ${MOST_AT_ONCE} parts`)
    .refine((numbers) => new Set(numbers).size === numbers.length, 'has a number twice')
    // For the description: zod says of a refinement nothing there.
    .meta({ uniqueItems: true }),
})
