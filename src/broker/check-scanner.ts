/** The scanner's self-test, at start and again by the clock: what cannot find EICAR finds nothing. */

import type { Deps } from './deps.ts'

export type ScannerCheck = {
  /** Rejects with what is wrong. */
  check: () => Promise<void>
  isFit: () => boolean
}

type CheckDeps = Pick<Deps, 'log'> & { scanner: ScannerCheck | null }

/** @returns 0: there is never a batch left over. */
export async function checkScanner({ scanner, log }: CheckDeps): Promise<number> {
  try {
    await scanner?.check()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    log.warn('scanner.unfit', { error: String(cause) })
  }
  return 0
}
