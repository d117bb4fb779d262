/** The body of POST /v1/uploads: what may be said, and nothing else. */

import { z } from 'zod'
import type { SlotRequest } from '../broker/issue-slot.ts'
import type { Grant } from '../broker/deps.ts'
import { MIN_SLOT_SECONDS } from '../upload/policy.ts'
import { parseBody } from './parse.ts'

const LONE_SURROGATE = /\p{Surrogate}/u
const CONTROL = /\p{Cc}/u
const TOKEN = "[a-z0-9!#$&^_.+'`|~-]+"
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}$`)
const ONLY_DOTS_AND_SPACES = /^[.\s]*$/u

// The same rules for JSON Schema, as far as it can say them; a format of ours counts bytes.
export const NO_CONTROLS = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$'
const NAMES_SOMETHING =
  '[^.\\s\\u0000-\\u001f\\u007f-\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]'
const ANY_TYPE = "^[A-Za-z0-9!#$&^_.+'`|~-]+/[A-Za-z0-9!#$&^_.+'`|~-]+$"
const BASE64_OF_32_BYTES = '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$'

const bytesOf = (text: string): number => Buffer.byteLength(text)

const Text = z.string().refine((text) => !LONE_SURROGATE.test(text), 'has a lone surrogate')

const Filename = Text.refine((name) => bytesOf(name) <= 255, 'more than 255 bytes of UTF-8')
  .refine((name) => !CONTROL.test(name), 'has a control character')
  .refine((name) => !ONLY_DOTS_AND_SPACES.test(name), 'expected a name, not only dots or spaces')
  .meta({
    description: 'Up to 255 bytes of UTF-8; kept as given, and no part of any key.',
    minLength: 1,
    maxLength: 255,
    format: 'utf8-255',
    allOf: [{ pattern: NO_CONTROLS }, { pattern: NAMES_SOMETHING }],
  })

const ContentType = z
  .string()
  .max(127)
  .transform((type) => type.toLowerCase())
  .pipe(z.string().regex(MEDIA_TYPE, 'expected type/subtype, without parameters or wildcards'))
  .meta({ description: '`type/subtype`, without parameters.', maxLength: 127, pattern: ANY_TYPE })

const isSha256 = (text: string): boolean => {
  const bytes = Buffer.from(text, 'base64')
  return bytes.length === 32 && bytes.toString('base64') === text
}

const Sha256 = z
  .string()
  .refine(isSha256, 'expected the base64 of 32 bytes (44 characters)')
  .meta({ description: 'Base64 of 32 bytes.', pattern: BASE64_OF_32_BYTES })

// Names that a reader could take for object headers, or JavaScript for an object's prototype.
const MISLEADING =
  /^(__proto__|constructor|prototype|content-(type|length|encoding|disposition)|x-amz-.*)$/i

const MetadataKey = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'expected 1 to 64 of A-Z a-z 0-9 _ . -')
  .refine((key) => !MISLEADING.test(key), 'is a reserved name')

const MetadataValue = Text.refine(
  (value) => bytesOf(value) <= 512,
  'more than 512 bytes of UTF-8',
).meta({ maxLength: 512, format: 'utf8-512' })

const Metadata = z
  .record(MetadataKey, MetadataValue)
  .refine((metadata) => Object.keys(metadata).length <= 16, 'more than 16 entries')
  .meta({
    description: 'Returned as given; names that look like headers are refused.',
    maxProperties: 16,
  })

export const ProfileName = z
  .string()
  .regex(/^[a-z0-9-]{1,40}$/, 'expected 1 to 40 of a-z 0-9 -')
  .default('default')

export const Subject = Text.refine((subject) => !CONTROL.test(subject), 'has a control character')
  .refine((subject) => subject.length >= 1 && subject.length <= 128, 'expected 1 to 128 characters')
  .meta({
    description: 'The end user, as the caller names them; upload tokens carry their own.',
    minLength: 1,
    maxLength: 128,
    pattern: NO_CONTROLS,
  })
  .nullable()
  .default(null)

export const SlotRequestBody: z.ZodType<SlotRequest> = z
  .strictObject({
    profile: ProfileName,
    filename: Filename,
    contentType: ContentType,
    size: z.int().min(0),
    sha256: Sha256.nullable().default(null),
    metadata: Metadata.default({}),
    expiresIn: z.int().min(MIN_SLOT_SECONDS).nullable().default(null),
    subject: Subject,
  })
  .meta({ id: 'SlotRequest' })

const LARGEST_BATCH = 100

/** Each item is judged by itself, so that one bad one does not fail the rest. */
export const BatchBody = z.strictObject({
  uploads: z
    .array(
      z.unknown().meta({
        anyOf: [
          { $ref: '#/components/schemas/SlotRequest' },
          { description: 'Anything else: it gets a problem in its place.' },
        ],
      }),
    )
    .min(1)
    .max(LARGEST_BATCH, `more than ${LARGEST_BATCH} items`),
})

/** @param token whose profile is meant when the body names none. */
export function parseSlotRequest(
  body: unknown,
  token: Grant | null,
  traceparent: string | null,
): SlotRequest {
  const request = parseBody(SlotRequestBody, body)
  const isNamed = Object.hasOwn(body as object, 'profile')
  if (token !== null && !isNamed) request.profile = token.profile
  return Object.assign(request, { traceparent })
}
