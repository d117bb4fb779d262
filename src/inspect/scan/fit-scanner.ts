/** A scanner that is used only while its self-test holds: before that, and after a failure, it waits. */

import { scannerUnavailable } from '../../problems.ts'
import type { Scanner } from './scanner.ts'

export type FitScanner = Pick<Scanner, 'begin'> & {
  /** Runs the self-test anew. Rejects with what is wrong; the scanner is then out of use. */
  check: () => Promise<void>
  isFit: () => boolean
}

/** @param largestBytes the largest object that any profile lets in. */
export function createFitScanner(scanner: Scanner, largestBytes: number): FitScanner {
  let isFit = false
  return {
    begin: () => {
      if (isFit) return scanner.begin()
      return Promise.reject(scannerUnavailable(new Error('the self-test has not passed')))
    },
    check: async () => {
      isFit = false
      await scanner.check(largestBytes)
      isFit = true
    },
    isFit: () => isFit,
  }
}
