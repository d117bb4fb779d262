/** What SQLite's error codes mean to Berth: come back later, stop at once, or do not even start. */

import { isProblem, recordsUnavailable } from '../problems.ts'
import { UnusableDatabase } from './engine.ts'

/** What a full disk, a locked or a failing file is called; each may pass. */
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|PROTOCOL)/

/**
 * After a failed fsync nobody knows what is on the disk, and the kernel may call the lost pages
 * clean; a file that is damaged gets worse by writing. Only a new start, which reads what is
 * really there, can go on from either.
 */
const BROKEN = /^SQLITE_(IOERR_(FSYNC|DIR_FSYNC|WRITE|TRUNCATE)|CORRUPT|NOTADB)/

const DAMAGED = /^SQLITE_(CORRUPT|NOTADB)/

export const isBroken = (error: unknown): boolean => BROKEN.test(codeOf(error))

/** The driver's error in our words; what is a mistake of ours stays as it is. */
export function translate(error: unknown): unknown {
  const isKnown = UNAVAILABLE.test(codeOf(error)) || isBroken(error)
  return isKnown ? recordsUnavailable(error) : error
}

/** True when another process holds the write lock, which ends by itself. */
export const isBusy = (error: unknown): boolean => error instanceof Error && isLocked(error.cause)

export const isLocked = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))

/** At start a damaged file is the operator's business, not a fault that passes. */
export function atStart(error: unknown): unknown {
  if (!isProblem(error, 'records-unavailable')) return error
  const { cause } = error as Error
  return DAMAGED.test(codeOf(cause)) ? unusable('the database', cause) : error
}

export const unusable = (what: string, error: unknown): UnusableDatabase =>
  new UnusableDatabase(`${what} cannot be used: ${describe(error)}`)

/** SQLite's words and its code, which is what one searches for. */
const describe = (error: unknown): string => {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  return code === '' || message.includes(code) ? message : `${message} (${code})`
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
