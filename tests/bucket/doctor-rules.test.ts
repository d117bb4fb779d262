import { describe, expect, it } from '@jest/globals'
import type { LifecycleRule } from '@aws-sdk/client-s3'
import { readFileSync } from 'node:fs'
import {
  abortRule,
  clearsOldVersions,
  clearsStaging,
  nameOf,
  rulesThatLose,
  rulesTooSoon,
  wantedRules,
} from '../../src/bucket/doctor/rules.ts'

const rule = (
  prefix: string,
  days: number,
  change: Partial<LifecycleRule> = {},
): LifecycleRule => ({
  ID: 'theirs',
  Status: 'Enabled',
  Filter: { Prefix: prefix },
  Expiration: { Days: days },
  ...change,
})

describe('lifecycle rules', () => {
  it.each<[string, object, boolean]>([
    ['of the whole bucket', rule('', 365), true],
    ['of objects/', rule('objects/', 365), true],
    ['of a folder below objects/', rule('objects/upl_1', 365), true],
    ['of staging/', rule('staging/', 14), false],
    [
      'of old versions alone',
      rule('', 1, { Expiration: { ExpiredObjectDeleteMarker: true } }),
      false,
    ],
    ['that is switched off', rule('', 365, { Status: 'Disabled' }), false],
    [
      'of the old form, without a filter',
      { Status: 'Enabled', Prefix: 'obj', Expiration: { Days: 1 } },
      true,
    ],
  ])('a rule %s: does it lose what is ready?', (_what, given, loses) => {
    expect(rulesThatLose([given as LifecycleRule], '').length > 0).toBe(loses)
  })

  it('staging/ may not expire before the last upload there has its verdict', () => {
    expect(rulesTooSoon([rule('staging/', 1)], '')).toHaveLength(1)
    expect(rulesTooSoon([rule('staging/', 8)], '')).toEqual([])
    expect(rulesTooSoon([rule('other/', 1)], '')).toEqual([])
  })

  it.each(['', 'backups/'])(
    'what --fix adds below "%s" clears what it should and loses nothing',
    (prefix) => {
      const rules = [...wantedRules(prefix, true), abortRule(prefix)]
      expect(clearsStaging(rules, prefix)).toBe(true)
      expect(clearsOldVersions(rules, prefix)).toBe(true)
      expect([...rulesThatLose(rules, prefix), ...rulesTooSoon(rules, prefix)]).toEqual([])
    },
  )

  it('what --fix adds leaves no marker of a deletion, as the shipped file', () => {
    const { Rules } = JSON.parse(readFileSync('infra/bucket/lifecycle-versioned.json', 'utf8')) as {
      Rules: LifecycleRule[]
    }
    const own = (rules: LifecycleRule[]) => rules.find(({ ID }) => ID === 'berth-old-versions')
    expect(own(wantedRules('', true))).toEqual(own(Rules))
    expect(own(Rules)?.Expiration).toEqual({ ExpiredObjectDeleteMarker: true })
  })

  it('the rules of one profile do not take the place of those of another', () => {
    const names = ['', 'a/', 'a/b/'].flatMap((prefix) => wantedRules(prefix, true).map(nameOf))
    expect(new Set(names).size).toBe(names.length)
  })

  it('a rule for tagged objects alone is no net', () => {
    const tagged = rule('', 14, { Filter: { And: { Prefix: 'staging/', Tags: [] } } })
    expect(clearsStaging([tagged], '')).toBe(false)
  })
})
