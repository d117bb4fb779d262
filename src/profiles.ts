/** The profiles file -> Profiles, with every mistake listed; without a file there is one built in. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from './config-error.ts'
import { ProfilesFile, type ProfileFields } from './profiles-file.ts'
import type { Profile } from './upload/policy.ts'

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
  return new Map(named.map(([name, fields]) => [name, toProfile(name, fields)]))
}

function toProfile(name: string, fields: ProfileFields): Profile {
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
