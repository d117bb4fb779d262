/** The query strings of the upload routes; numbers are whole and within bounds, never coerced. */

import { z } from 'zod'
import { UPLOAD_STATES } from '../upload/upload.ts'

export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `expected a whole number, ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected ${min} to ${max}`)
    .meta({ type: 'integer', minimum: min, maximum: max, pattern: undefined })

const LONGEST_WAIT_SECONDS = 30
const LONGEST_PAGE = 200
const USUAL_PAGE = 50

export const WaitQuery = z.strictObject({ wait: wholeNumber(0, LONGEST_WAIT_SECONDS).default(0) })

export const ListQuery = z.strictObject({
  state: z.enum(UPLOAD_STATES).optional(),
  profile: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'expected 1 to 40 of a-z 0-9 -')
    .optional(),
  createdAfter: z.iso
    .datetime({ offset: true, message: 'expected an RFC 3339 time' })
    .transform((moment) => new Date(moment))
    .optional(),
  limit: wholeNumber(1, LONGEST_PAGE).default(USUAL_PAGE),
  cursor: z.string().max(200).optional(),
})

export const DownloadQuery = z.strictObject({
  expiresIn: wholeNumber(10, 604_800).nullable().default(null),
})

export const NoQuery = z.strictObject({})

/** Calls that take no body fields: absent, or an empty object. */
export const NoBody = z.strictObject({})
