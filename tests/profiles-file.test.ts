import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { parseProfiles } from '../src/profiles.ts'
import { describeProfilesFile } from '../src/profiles-file.ts'

type Schema = Parameters<typeof z.fromJSONSchema>[0]

const committed = JSON.parse(readFileSync('docs/profiles.schema.json', 'utf8')) as Schema
const editor = z.fromJSONSchema(committed)

const accepts = (json: unknown): boolean => {
  try {
    return parseProfiles(json, 'test').size > 0
  } catch {
    return false
  }
}

/** The README's own. */
function shownProfiles(): unknown {
  const [, shown = ''] =
    /```json\n(\{\n {2}"\$schema"[^`]*)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  return JSON.parse(shown)
}

const withField = (field: object): unknown => ({ profiles: { a: field } })

describe('the schema of the profiles file', () => {
  it('is committed as the program describes it', () => {
    expect(committed).toEqual(describeProfilesFile())
  })

  it('describes every field', () => {
    const { profiles } = (committed as { properties: Record<string, unknown> }).properties
    const { properties } = (profiles as { additionalProperties: { properties: object } })
      .additionalProperties
    expect(Object.keys(properties)).toHaveLength(14)
    for (const field of Object.values(properties)) expect(field).toHaveProperty('description')
  })

  it.each([
    ['of the README', shownProfiles()],
    ['with the defaults alone', withField({})],
    [
      'with units and numbers',
      withField({ maxSize: '2GiB', minSize: 0, slotTtl: '2h', retention: 60, prefix: 'a/b/' }),
    ],
    [
      'with nothing kept from any type',
      withField({ contentTypes: ['*/*', 'image/*', 'text/html'] }),
    ],
  ])('takes a file %s, as the program does', (_name, json) => {
    expect(editor.safeParse(json).success).toBe(true)
    expect(accepts(json)).toBe(true)
  })

  it.each([
    ['an unknown unit', withField({ maxSize: '1MB' })],
    ['a fraction', withField({ maxSize: 1.5 })],
    ['a negative size', withField({ minSize: -1 })],
    ['an unknown field', withField({ maxsize: 1 })],
    ['an unknown word', withField({ scan: 'maybe' })],
    ['a type in capitals', withField({ contentTypes: ['IMAGE/*'] })],
    ['no types at all', withField({ contentTypes: [] })],
    ['a prefix that climbs', withField({ prefix: '../up' })],
    ['a span in words', withField({ retention: '1 day' })],
    ['no room for any slot', withField({ openSlots: 0 })],
    ['no profile', { profiles: {} }],
    ['a name in capitals', { profiles: { A: {} } }],
    ['something beside the profiles', { profiles: { a: {} }, more: 1 }],
    ['a list', []],
  ])('refuses %s, as the program does', (_name, json) => {
    expect(editor.safeParse(json).success).toBe(false)
    expect(accepts(json)).toBe(false)
  })
})
