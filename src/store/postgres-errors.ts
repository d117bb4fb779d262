/** What PostgreSQL's error codes (SQLSTATE) and the driver's own errors mean for a caller. */

/**
 * 08 connection, 53 out of disk, memory or connections, 57 shutting down or a statement timed out,
 * 58 a failing disk, 40 another transaction was in the way, 55P03 a lock was not to be had, 25006 a
 * standby that only reads, 25P03 idle in a transaction, 28 and 3D not let in. Each may pass.
 */
const PASSING = /^(08|53|57|58|40|55P03|25006|25P03|28|3D)/

/** After these the connection is of no use; after 25006 it leads to the wrong server. */
const LOST = /^(08|57P|25006|25P03|28|3D)/

const CONFLICT = /^40(001|P01)$/

const NOT_LET_IN = /^(28|3D)/

/** Null: not an answer of the server, so the connection itself has failed. */
function sqlState(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  return 'severity' in error && 'code' in error ? String(error.code) : null
}

/** Of an error that was translated. */
export const causeCode = (error: unknown): string =>
  (error instanceof Error && sqlState(error.cause)) || ''

export const isUnavailable = (error: unknown): boolean => PASSING.test(sqlState(error) ?? '')

export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error)
  return state === null || LOST.test(state) || isFatal(error)
}

const isFatal = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'severity' in error &&
  /^(FATAL|PANIC)$/.test(String(error.severity))

/** The server has rolled everything back, so the same may be tried again. */
export const isServerConflict = (code: string): boolean => CONFLICT.test(code)

/** A wrong password, or a database that does not exist. */
export const isNotLetIn = (code: string): boolean => NOT_LET_IN.test(code)
