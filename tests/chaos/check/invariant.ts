/** An invariant: a sentence, and a search through a run for what contradicts it. */

import type { Run } from './run.ts'

export type Finding = { checked: number; violations: string[] }

export type Invariant = { id: string; says: string; check: (run: Run) => Finding }

/** Every item is looked at; a text is a violation. */
export function over<T>(items: Iterable<T>, judge: (item: T) => string | null): Finding {
  let checked = 0
  const violations: string[] = []
  for (const item of items) {
    checked += 1
    const violation = judge(item)
    if (violation !== null) violations.push(violation)
  }
  return { checked, violations }
}

export function together(...findings: Finding[]): Finding {
  return {
    checked: findings.reduce((sum, { checked }) => sum + checked, 0),
    violations: findings.flatMap(({ violations }) => violations),
  }
}

export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
