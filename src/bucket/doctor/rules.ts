/** Lifecycle rules: what Berth wants of them, and what they must never do. */

import type { LifecycleRule } from '@aws-sdk/client-s3'

/** An object may be needed for a week after its upload has failed; a day more for the sweep. */
export const SHORTEST_STAGING_DAYS = 8

const STAGING_DAYS = 14
const OLD_VERSION_DAYS = 30

/** Each profile's prefix has rules of its own. */
const nameFor = (name: string, prefix: string): string =>
  prefix === '' ? name : `${name}-${prefix.replaceAll('/', '-').replace(/-$/, '')}`

/** Berth deletes by itself; these only catch what a Berth that is gone for weeks has left. */
export const wantedRules = (prefix: string, isVersioned: boolean): LifecycleRule[] => [
  {
    ID: nameFor('berth-staging', prefix),
    Status: 'Enabled',
    Filter: { Prefix: `${prefix}staging/` },
    Expiration: { Days: STAGING_DAYS },
  },
  ...(isVersioned
    ? [
        {
          ID: nameFor('berth-old-versions', prefix),
          Status: 'Enabled' as const,
          Filter: { Prefix: prefix },
          NoncurrentVersionExpiration: { NoncurrentDays: OLD_VERSION_DAYS },
          // What a deletion leaves in place of the object would stay for ever, and slow every listing down.
          Expiration: { ExpiredObjectDeleteMarker: true },
        },
      ]
    : []),
]

/** Some stores (MinIO) refuse it; Berth aborts its own assemblies anyway. */
export const abortRule = (prefix: string): LifecycleRule => ({
  ID: nameFor('berth-unfinished', prefix),
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
})

/** The old form names the prefix beside the filter. */
const prefixOf = (rule: LifecycleRule): string =>
  rule.Filter?.Prefix ?? rule.Filter?.And?.Prefix ?? (rule as { Prefix?: string }).Prefix ?? ''

/** A tag or size in the filter makes it miss objects. */
const isPlain = ({ Filter }: LifecycleRule): boolean =>
  Filter?.And === undefined && Filter?.Tag === undefined

const isOn = ({ Status }: LifecycleRule): boolean => Status === 'Enabled'

const expires = ({ Expiration }: LifecycleRule): boolean =>
  Expiration?.Days !== undefined || Expiration?.Date !== undefined

const touches = (rule: LifecycleRule, folder: string): boolean => {
  const prefix = prefixOf(rule)
  return folder.startsWith(prefix) || prefix.startsWith(folder)
}

/** Rules that take ready objects away behind Berth's back. */
export const rulesThatLose = (rules: LifecycleRule[], prefix: string): LifecycleRule[] =>
  rules.filter((rule) => isOn(rule) && expires(rule) && touches(rule, `${prefix}objects/`))

/** Rules that take what arrived away before it is verified in the worst case. */
export const rulesTooSoon = (rules: LifecycleRule[], prefix: string): LifecycleRule[] =>
  rules.filter(
    (rule) =>
      isOn(rule) &&
      touches(rule, `${prefix}staging/`) &&
      (rule.Expiration?.Days ?? SHORTEST_STAGING_DAYS) < SHORTEST_STAGING_DAYS,
  )

export const clearsStaging = (rules: LifecycleRule[], prefix: string): boolean =>
  rules.some(
    (rule) =>
      isOn(rule) &&
      isPlain(rule) &&
      expires(rule) &&
      `${prefix}staging/`.startsWith(prefixOf(rule)),
  )

export const clearsOldVersions = (rules: LifecycleRule[], prefix: string): boolean =>
  rules.some(
    (rule) =>
      isOn(rule) &&
      rule.NoncurrentVersionExpiration !== undefined &&
      `${prefix}objects/`.startsWith(prefixOf(rule)),
  )

export const nameOf = ({ ID }: LifecycleRule): string => ID ?? 'a rule without a name'
