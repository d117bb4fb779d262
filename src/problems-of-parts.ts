/** What Berth refuses about uploads in parts. */

import { problem } from './problem.ts'

const SHOWN = 20

type Fault = { missing: readonly number[]; wrong: readonly number[] }

export const partsIncomplete = ({ missing, wrong }: Fault, count: number) =>
  problem('parts-incomplete', {
    detail: [
      missing.length > 0 && `of ${count} parts ${missing.length} are missing: ${shown(missing)}`,
      wrong.length > 0 && `these have another length than planned: ${shown(wrong)}`,
    ]
      .filter((said) => said !== false)
      .join('; '),
    expected: 'every part to be in the store before this call; send those again',
  })

export const notInParts = () =>
  problem('illegal-state', {
    detail: 'the upload is one PUT, not parts',
    expected: 'an upload whose record has parts',
  })

/** @param index of the number in the request. */
export const partNotPlanned = (index: number, count: number) =>
  problem(
    'validation-failed',
    { detail: `/partNumbers/${index}: more than ${count}`, expected: `1 to ${count}` },
    { errors: [{ pointer: `/partNumbers/${index}`, detail: `expected 1 to ${count}` }] },
  )

const shown = (numbers: readonly number[]): string =>
  numbers.slice(0, SHOWN).join(', ') + (numbers.length > SHOWN ? ', …' : '')
