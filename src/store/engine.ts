/** What differs between the databases; everything else in this folder is one code for both. */

import type { Dialect } from 'kysely'
import type { InsertRows } from './insert-rows.ts'

export type Engine = {
  dialect: Dialect
  /** A connection of its own for migrations, which may take long; null: the usual one will do. */
  migrationDialect: (() => Dialect) | null
  /** True when somebody else was in the way and nothing was written: trying again is right. */
  isConflict: (error: unknown) => boolean
  insertRows: InsertRows
  /** Whether rows that another transaction holds can be passed over instead of waited for. */
  skipsLocked: boolean
  /** Milliseconds that a write may wait for its turn before its caller is told to come back. */
  queuePatienceMs: number
  /** Whether many nodes share it, each with a clock of its own: then its clock is the one that counts. */
  isShared: boolean
  /** How its connections are used at this moment; null where there is but one. */
  pool: (() => PoolUse) | null
}

export type PoolUse = {
  busy: number
  idle: number
  /** Who waits for a connection, because all are busy. */
  waiting: number
  /** The most that there may be. */
  size: number
}

/** What happens to the connection, for the log and the metrics; nobody waits for these. */
export type StoreReport = {
  connectionLost: (error: Error) => void
  /** Told once when the database must not be used any more; every call then fails. */
  broken: (error: Error) => void
  /** This node's clock minus the database's. */
  clockSkew: (milliseconds: number) => void
}

/** The database will not do as it is, and waiting does not help; the command line ends with 2. */
export class UnusableDatabase extends Error {
  override readonly name = 'UnusableDatabase'
}
