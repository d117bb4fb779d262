/** The printed table: one line per invariant, and the first violations of each. */

import { INVARIANTS, NOT_HERE } from './invariants.ts'
import type { Finding } from './invariant.ts'
import type { Run } from './run.ts'

export type Line = Finding & { id: string; says: string }

const SHOWN = 10

export const checkAll = (run: Run): Line[] =>
  INVARIANTS.map(({ id, says, check }) => ({ id, says, ...check(run) }))

export function renderReport(lines: readonly Line[]): string {
  const head = row('', 'checked', 'violations', '')
  const table = lines.map(({ id, says, checked, violations }) =>
    row(id, String(checked), String(violations.length), says),
  )
  const open = NOT_HERE.map(({ id, why }) => row(id, '-', '-', `not here: ${why}`))
  return [head, ...table, ...open, ...lines.flatMap(complaints)].join('\n')
}

const row = (id: string, checked: string, violations: string, says: string): string =>
  `${id.padEnd(4)} ${checked.padStart(8)} ${violations.padStart(10)}  ${says}`.trimEnd()

function complaints({ id, violations }: Line): string[] {
  const shown = violations.slice(0, SHOWN).map((violation) => `${id} VIOLATED  ${violation}`)
  const more = violations.length - shown.length
  return more > 0 ? [...shown, `${id} VIOLATED  ${more} more`] : shown
}

export const violationsIn = (lines: readonly Line[]): number =>
  lines.reduce((sum, { violations }) => sum + violations.length, 0)
