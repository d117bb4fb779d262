/** The profiles file: what may be said in it, and the JSON Schema that tells an editor. */

import { z } from 'zod'

const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 }
const SPANS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Bytes, or a whole number with a unit: `100MiB`. */
const Size = z.union([
  z.int().min(0),
  z
    .string()
    .regex(/^\d{1,15}(KiB|MiB|GiB|TiB)$/, 'expected bytes, or a number with KiB, MiB, GiB or TiB')
    .transform((size) => Number.parseInt(size, 10) * (UNITS[size.slice(-3)] ?? 1))
    .refine(Number.isSafeInteger, 'too large'),
])

/** Seconds, or a whole number with a unit: `15m`. */
const Duration = z.union([
  z.int().min(1),
  z
    .string()
    .regex(/^\d{1,9}[smhd]$/, 'expected seconds, or a number with s, m, h or d')
    .transform((span) => Number.parseInt(span, 10) * (SPANS[span.slice(-1)] ?? 1)),
])

const Pattern = z
  .string()
  .regex(/^(\*\/\*|[a-z0-9][a-z0-9!#$&^_.+-]*\/(\*|[a-z0-9][a-z0-9!#$&^_.+-]*))$/, {
    message: 'expected type/subtype, type/* or */*, in lower case',
  })

// SigV4 refuses URLs that live longer than a week; an hour is already generous for one PUT.
const SlotTtl = Duration.refine((life) => life >= 10 && life <= 604_800, 'expected 10 s to 7 days')

const Prefix = z
  .string()
  .regex(/^([a-z0-9][a-z0-9_-]*\/)*$/, 'expected lower-case pieces that each end with a slash')
  .max(100)

const ProfileFields = z
  .strictObject({
    contentTypes: z
      .array(Pattern)
      .min(1)
      .default(['*/*'])
      .describe(
        'What may be declared: `image/png`, `image/*`, `*/*`. Active content only where a type names it.',
      ),
    minSize: Size.default(1).describe('Bytes, or with KiB, MiB, GiB or TiB.'),
    maxSize: Size.default(100 * 1024 ** 2).describe('Bytes, or with KiB, MiB, GiB or TiB.'),
    slotTtl: SlotTtl.default(900).describe(
      'How long a slot lives: 10 s to 7 days; seconds, or with s, m, h or d.',
    ),
    sha256: z
      .enum(['optional', 'required'])
      .default('optional')
      .describe('Whether a slot has to declare the digest of its bytes.'),
    undetected: z
      .enum(['accept', 'reject'])
      .default('accept')
      .describe('What becomes of bytes whose type their beginning does not tell.'),
    scan: z
      .enum(['off', 'required'])
      .default('off')
      .describe('Whether a scanner has to find it clean.'),
    unscannable: z
      .enum(['accept', 'reject'])
      .default('reject')
      .describe('What becomes of what the scanner cannot look into.'),
    bucket: z.string().min(3).max(63).nullable().default(null).describe('null: S3_BUCKET.'),
    prefix: Prefix.default('').describe(
      'Stands before `staging/` and `objects/`; ends with a slash.',
    ),
    multipartThreshold: Size.default(64 * 1024 ** 2).describe(
      'Larger ones are sent in parts. Bytes, or with KiB, MiB, GiB or TiB.',
    ),
    retention: Duration.nullable()
      .default(null)
      .describe(
        'How long an upload is kept once it is over; seconds, or with s, m, h or d. null: for good.',
      ),
    openSlots: z.int().min(1).default(10_000).describe('Per tenant: uploads that are not over.'),
    reservedBytes: Size.default(1024 ** 4).describe(
      'Per tenant: declared bytes that are not over.',
    ),
  })
  .refine(({ minSize, maxSize }) => minSize <= maxSize, {
    path: ['minSize'],
    message: 'more than maxSize',
  })

export const ProfilesFile = z.strictObject({
  $schema: z.string().optional().describe('For editors.'),
  profiles: z
    .record(z.string().regex(/^[a-z0-9-]{1,40}$/), ProfileFields)
    .refine((profiles) => Object.keys(profiles).length > 0, 'there is none')
    .meta({ description: 'Upload policies by name.', minProperties: 1 }),
})

/** One profile as the file says it, with its defaults: bytes and seconds. */
export type ProfileFields = z.infer<typeof ProfileFields>

/** JSON Schema, draft 2020-12. It cannot say that `minSize` is at most `maxSize`; `berth profiles check` does. */
export const describeProfilesFile = (): Record<string, unknown> => ({
  title: 'Berth profiles',
  ...z.toJSONSchema(ProfilesFile, { io: 'input' }),
})
