/** What a bench found, kept for the report that `make bench` ends with. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quantile } from './open-loop.ts'

const FOLDER = join('test-output', 'bench')

/** What a figure has to be, and whether it is. */
export type Verdict = { work: string; must: string; measured: number; held: boolean }

export const atMost = (work: string, measured: number, most: number): Verdict => ({
  work,
  must: `≤ ${most}`,
  measured,
  held: measured <= most,
})

export const atLeast = (work: string, measured: number, least: number): Verdict => ({
  work,
  must: `≥ ${least}`,
  measured,
  held: measured >= least,
})

export type Spread = { median: number; least: number; most: number }

export const spread = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  least: Math.min(...values),
  most: Math.max(...values),
})

/** What is aimed at, and not a condition. */
export const aimedAt = (work: string, measured: number, least: number): Verdict => ({
  ...atLeast(work, measured, least),
  must: `aim: ≥ ${least}`,
})

/** @param section of bench.json. @param found figures with their units in their names. */
export function record(section: string, found: unknown, verdicts: readonly Verdict[] = []): void {
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, `${section}.json`), JSON.stringify({ section, found, verdicts }))
  process.stdout.write(`${section}: ${JSON.stringify(found)}\n`)
  for (const { work, must, measured, held } of verdicts) {
    process.stdout.write(
      `  ${held ? 'held' : 'MISSED'}: ${work}: ${measured.toFixed(2)} (${must})\n`,
    )
  }
}
