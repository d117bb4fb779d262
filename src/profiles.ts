/** The profiles file -> Profiles, with every mistake listed; without a file there is one built in. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigError } from './config-error.ts'
import type { Profile } from './upload/policy.ts'

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

const ProfileFields = z
  .strictObject({
    contentTypes: z.array(Pattern).min(1).default(['*/*']),
    minSize: Size.default(1),
    maxSize: Size.default(100 * 1024 ** 2),
    slotTtl: SlotTtl.default(900),
    sha256: z.enum(['optional', 'required']).default('optional'),
    undetected: z.enum(['accept', 'reject']).default('accept'),
    scan: z.enum(['off', 'required']).default('off'),
    unscannable: z.enum(['accept', 'reject']).default('reject'),
    bucket: z.string().min(3).max(63).nullable().default(null),
    prefix: z
      .string()
      .regex(/^([a-z0-9][a-z0-9_-]*\/)*$/, 'expected lower-case pieces that each end with a slash')
      .max(100)
      .default(''),
    multipartThreshold: Size.default(64 * 1024 ** 2),
    retention: Duration.nullable().default(null),
    openSlots: z.int().min(1).default(10_000),
    reservedBytes: Size.default(1024 ** 4),
  })
  .refine(({ minSize, maxSize }) => minSize <= maxSize, {
    path: ['minSize'],
    message: 'more than maxSize',
  })

const ProfilesFile = z.strictObject({
  profiles: z.record(z.string().regex(/^[a-z0-9-]{1,40}$/), ProfileFields),
})

export type Profiles = ReadonlyMap<string, Profile>

/** @param path null: the built-in profile `default`. */
export function loadProfiles(path: string | null): Profiles {
  if (path === null) return parseProfiles({ profiles: { default: {} } }, 'built-in')
  return parseProfiles(readJson(path), path)
}

export function parseProfiles(json: unknown, source: string): Profiles {
  const parsed = ProfilesFile.safeParse(json)
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${source}: /${path.join('/')}: ${message}`),
    )
  }
  const named = Object.entries(parsed.data.profiles)
  if (named.length === 0) throw new ConfigError([`${source}: /profiles: there is none`])
  return new Map(named.map(([name, fields]) => [name, toProfile(name, fields)]))
}

function toProfile(name: string, fields: z.infer<typeof ProfileFields>): Profile {
  const { slotTtl, retention, ...same } = fields
  const hash = createHash('sha256').update(JSON.stringify(fields)).digest('hex')
  return { ...same, name, hash, slotTtlSeconds: slotTtl, retentionSeconds: retention }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : String(error)}`])
  }
}
