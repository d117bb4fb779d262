import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { OPERATIONS } from '../src/http/description.ts'
import { problemsOf } from '../src/http/openapi/problem-answers.ts'
import { problemType, SLUGS } from '../src/http/problem-meanings.ts'

const sentence = (text: string): string => (/[.?]$/.test(text) ? text : `${text}.`)

const paragraph = (slug: (typeof SLUGS)[number]): string => {
  const { status, title, retry, meaning } = problemType(slug)
  return `${status}, ${sentence(title)} Retry: ${retry}. ${meaning}`
}

it('documents every type of problem under a heading of its own, in the words of its page', () => {
  const text = readFileSync('docs/problems.md', 'utf8')
  const sections = [...text.matchAll(/^## (.+)\n\n(.+)$/gm)].map(([, slug, said]) => [slug, said])
  expect(sections).toEqual(SLUGS.map((slug) => [slug, paragraph(slug)]))
})

describe('the calls', () => {
  // A wrong method is no call of the description's, and verification keeps the scanner's trouble to itself.
  const NOBODY_HEARS = ['method-not-allowed', 'scanner-unavailable']

  it('list every type of problem that callers can get, and no other', () => {
    const listed = new Set(OPERATIONS.flatMap(problemsOf))
    expect([...listed, ...NOBODY_HEARS].sort()).toEqual([...SLUGS].sort())
  })
})
