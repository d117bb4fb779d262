import { describe, expect, it } from '@jest/globals'
import { INVARIANTS } from './check/invariants.ts'
import { readRun } from './check/read-run.ts'
import { checkAll } from './check/report.ts'
import type { Run } from './check/run.ts'
import { FAULTS } from './faults-to-plant.ts'
import { WEBHOOK_FAULTS } from './webhook-faults-to-plant.ts'

const ALL = [...FAULTS, ...WEBHOOK_FAULTS]

/** A short real run, with kills, pauses and broken links. */
const clean = readRun('tests/fixtures/chaos-run')

const violatedIn = (run: Run): string[] =>
  checkAll(run).flatMap(({ id, violations }) => (violations.length > 0 ? [id] : []))

describe('the checker of the chaos run', () => {
  it('finds nothing in a clean run, and each invariant has looked at something', () => {
    const lines = checkAll(clean)
    expect(lines.flatMap(({ violations }) => violations)).toEqual([])
    expect(lines.filter(({ checked }) => checked === 0)).toEqual([])
  })

  it.each(ALL)('finds by %s that %s', (id, _what, plant) => {
    const run = structuredClone(clean)
    plant(run)
    expect(violatedIn(run)).toContain(id)
  })

  it('has a planted fault for every invariant', () => {
    const planted = new Set(ALL.map(([id]) => id))
    expect(INVARIANTS.map(({ id }) => id).filter((id) => !planted.has(id))).toEqual([])
  })
})
