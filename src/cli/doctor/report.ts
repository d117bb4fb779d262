/** The doctor's table: for people a few lines a row, for scripts one JSON document. */

import type { Finding, Outcome } from '../../bucket/doctor/finding.ts'
import type { Guarantees } from '../../upload/guarantees.ts'

export type Report = {
  rows: (Finding & { bucket: string | null })[]
  guarantees: Record<string, Guarantees | null>
  /** What --fix did, one line each. */
  fixed: string[]
}

export const isWell = ({ rows }: Report): boolean =>
  rows.every(({ outcome }) => outcome !== 'broken')

export const toJson = (report: Report): string =>
  JSON.stringify({ ok: isWell(report), ...report }, null, 2)

const WORDS: Record<Outcome, string> = {
  holds: 'holds',
  weaker: 'weaker',
  broken: 'BROKEN',
  unknown: 'unknown',
}

const LABEL = 10
const MARGIN = 27

export function toTable(report: Report, width: number): string {
  const rows = report.rows.map((row) => toRow(row, Math.max(40, width - MARGIN)))
  const fixed = report.fixed.map((line) => `fixed: ${line}`)
  return [...rows, ...guaranteeLines(report), ...fixed, summary(report)].join('\n')
}

function toRow(row: Report['rows'][number], width: number): string {
  const head = `${WORDS[row.outcome].padEnd(8)} ${row.check.padEnd(17)} `
  const parts: [string, string][] = [
    ['tried', row.bucket === null ? row.tried : `${row.tried} [${row.bucket}]`],
    ['came back', row.found],
    ['callers', row.means],
    ...(row.mend === null ? [] : [['mend', row.mend] satisfies [string, string]]),
  ]
  const lines = parts.flatMap(([label, text]) =>
    wrap(text, width - LABEL).map((line, nth) => (nth === 0 ? label : '').padEnd(LABEL) + line),
  )
  return lines.map((line, nth) => (nth === 0 ? head : ' '.repeat(MARGIN)) + line).join('\n')
}

/** Between words; a word that is longer than the line stays whole. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (longer.length > width && line !== '') {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

const guaranteeLines = ({ guarantees }: Report): string[] =>
  Object.entries(guarantees).map(([bucket, found]) => {
    const said = found && Object.entries(found).map(([what, who]) => `${what} ${who}`)
    return `guarantees of ${bucket}: ${said ? said.join(', ') : 'nothing can be said'}`
  })

function summary({ rows }: Report): string {
  const count = (wanted: Outcome): number => rows.filter(({ outcome }) => outcome === wanted).length
  return `${count('holds')} hold, ${count('weaker')} weaker, ${count('broken')} broken, ${count('unknown')} unknown`
}
