import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'

it('documents every type of problem under a heading of its own', () => {
  const source = readFileSync('src/problem.ts', 'utf8')
  const slugs = [...source.matchAll(/^ {2}'?([a-z][a-z-]+)'?: \[/gm)].map(([, slug]) => slug)
  const headings = [...readFileSync('docs/problems.md', 'utf8').matchAll(/^## (.+)$/gm)]
  expect(headings.map(([, heading]) => heading).sort()).toEqual(slugs.sort())
})
