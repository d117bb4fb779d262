/** The last line of a run: what ended how, what was done to it, and whether all held. */

import type { Options } from './options.ts'
import type { Told } from './run-chaos.ts'

export function summarize(
  options: Options,
  told: Told,
  isChecked: boolean,
): { line: string; isFine: boolean } {
  const { crashes, exits, recoveries, seconds } = told
  // A node that crashes by itself or does not stop when asked is a finding like any other.
  const isFine = isChecked && crashes.length === 0 && exits.every((code) => code === 0)
  const slowest = Math.max(0, ...recoveries) / 1000
  const parts = [
    `seed ${options.seed}`,
    `uploads: ${list(Object.entries(told.states))}`,
    `faults: ${list([...told.faults].sort())}`,
    `deliveries: ${list([...told.deliveries].sort())}`,
    `load ${seconds.load.toFixed(0)} s, then ${told.openAtHeal} open, quiet after ${seconds.quiet.toFixed(0)} s (left: ${list(Object.entries(told.left))})`,
    `start to ready at most ${slowest} s`,
    `nodes crashed by themselves: ${crashes.length}, exit codes ${exits.join(' ')}`,
    isFine ? 'no violations' : `VIOLATED; see ${options.folder}`,
  ]
  return { isFine, line: `chaos ${options.mode}: ${parts.join(' | ')}\n` }
}

const list = (pairs: [string, number][]): string =>
  pairs.map(([name, count]) => `${count} ${name}`).join(', ')
