/** The variables about who looks for viruses: clamd, or a service that is given a URL. */

import { z } from 'zod'

const seconds = z.coerce.number().int().min(1)

export const SCANNER_VARIABLES = {
  CLAMD_ADDRESS: z
    .string()
    .regex(/^(\/.+|[^/\s]+:\d{1,5})$/, 'expected host:port or the path of a socket')
    .optional(),
  CLAMD_TIMEOUT_SECONDS: seconds.default(60),
  SCANNER_URL: z.url({ protocol: /^https?$/ }).optional(),
  SCANNER_TOKEN: z.string().min(16, 'expected at least 16 characters').optional(),
  SCANNER_TIMEOUT_SECONDS: seconds.default(300),
}

type Given = z.infer<z.ZodObject<typeof SCANNER_VARIABLES>>

export const scannersSlice = (e: Given) => ({
  clamd:
    e.CLAMD_ADDRESS === undefined
      ? null
      : { address: e.CLAMD_ADDRESS, timeoutMs: e.CLAMD_TIMEOUT_SECONDS * 1000 },
  http:
    e.SCANNER_URL === undefined
      ? null
      : {
          url: e.SCANNER_URL,
          token: e.SCANNER_TOKEN ?? '',
          timeoutMs: e.SCANNER_TIMEOUT_SECONDS * 1000,
        },
})

/** A scanner that takes URLs from anybody would hand out the objects. */
export const scannerMistakes = (env: Record<string, string | undefined>): string[] =>
  env['SCANNER_URL'] !== undefined && env['SCANNER_TOKEN'] === undefined
    ? ['SCANNER_TOKEN: missing, while SCANNER_URL is set']
    : []
