/** The query strings of the console's calls. */

import { z } from 'zod'
import { CHART_RANGES } from '../broker/draw-charts.ts'
import { NO_CONTROLS } from './slot-request.ts'
import { ListQuery, wholeNumber } from './upload-queries.ts'

const isOrderly = (text: string): boolean => !/[\p{Cc}\p{Surrogate}]/u.test(text)

export const ChartsQuery = z.strictObject({ range: z.enum(CHART_RANGES).default('day') })

export const SearchQuery = ListQuery.extend({
  text: z
    .string()
    .min(1)
    .max(200)
    .refine(isOrderly, 'has a control character or a lone surrogate')
    .meta({ pattern: NO_CONTROLS })
    .describe('In the file name, the subject or the metadata; or an id, or a key that holds one.')
    .optional(),
  createdBefore: z.iso
    .datetime({ offset: true, message: 'expected an RFC 3339 time' })
    .transform((moment) => new Date(moment))
    .optional(),
})

export const EventsQuery = z.strictObject({
  state: z.enum(['poison', 'unmatched']).default('poison'),
  limit: wholeNumber(1, 200).default(50),
})
