/** Does the scanner find what every scanner must find, and does it take objects as large as we allow? */

import { scannerUnavailable } from '../../problems.ts'
import type { Scanner, ScanVerdict } from './scanner.ts'

// The EICAR test string, in two halves so that this file itself is not reported.
const EICAR = Buffer.from(
  ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-', 'ANTIVIRUS-TEST-FILE!$H+H*'].join(''),
)

const PADDING = Buffer.alloc(256 * 1024)

/** Rejects with what is wrong. */
export async function selfTest(scanner: Scanner, largestBytes: number): Promise<void> {
  const found = await scan(scanner, EICAR.length)
  if (found.outcome !== 'infected') throw broken('does not find the EICAR test string')
  const clean = await scan(scanner, 0)
  if (clean.outcome !== 'clean') throw broken('does not call an empty stream clean')
  const large = await scan(scanner, largestBytes)
  if (large.outcome === 'unscannable') {
    throw broken(`does not take objects of ${largestBytes} bytes: ${large.reason}`)
  }
}

/** The test string, then zeros up to `size`; nothing at all for 0. */
async function scan(scanner: Scanner, size: number): Promise<ScanVerdict> {
  const scanning = await scanner.begin()
  if (size > 0) await scanning.write(EICAR.subarray(0, Math.min(EICAR.length, size)))
  for (let left = size - EICAR.length; left > 0; left -= PADDING.length) {
    await scanning.write(PADDING.subarray(0, Math.min(left, PADDING.length)))
  }
  return scanning.end()
}

const broken = (what: string) => scannerUnavailable(new Error(`the scanner ${what}`))
