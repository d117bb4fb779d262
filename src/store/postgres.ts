/** PostgreSQL behind Kysely: a bounded pool where nothing waits for long, its errors in our words. */

import pg from 'pg'
import { PostgresDialect, type Dialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { recordsUncertain, recordsUnavailable, type Problem } from '../problems.ts'
import type { Engine, StoreReport } from './engine.ts'
import { insertAsJson } from './insert-rows.ts'
import { causeCode, isConnectionLost, isServerConflict, isUnavailable } from './postgres-errors.ts'

export type PostgresOptions = { poolSize: number; report: StoreReport }

// Under a second, so that callers hear 503 soon while the pool is exhausted or the server is away.
const CONNECT_MS = 800
const STATEMENT_MS = 5_000
// Only when the server's own limit cannot be heard: the network is gone, and says nothing.
const SILENCE_MS = 6_000
// A writer on another node holds its rows for some milliseconds.
const LOCK_MS = 4_000
// A node that froze in a transaction must let go of its rows before others give up waiting for them.
const IDLE_IN_TRANSACTION_MS = 2_000

// The queue in front of the database is kept short too, or the waiting would only move there.
const QUEUE_PATIENCE_MS = 1_000

const INT8 = pg.types.builtins.INT8

export function openPostgres(url: string, { poolSize, report }: PostgresOptions): Engine {
  const limits = {
    max: poolSize,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: SILENCE_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  }
  const pool = openPool(url, limits, report)
  return {
    dialect: dialectOf(pool),
    // Building an index, or waiting for another node's migration, takes longer than any request may.
    migrationDialect: () =>
      dialectOf(openPool(url, { max: 1, connectionTimeoutMillis: STATEMENT_MS }, report)),
    isConflict: (error) => isServerConflict(causeCode(error)),
    insertRows: insertAsJson,
    skipsLocked: true,
    queuePatienceMs: QUEUE_PATIENCE_MS,
    isShared: true,
    pool: () => ({
      busy: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      size: poolSize,
    }),
  }
}

const dialectOf = (pool: pg.Pool): Dialect => new PostgresDialect({ pool: translating(pool) })

function openPool(url: string, limits: pg.PoolConfig, report: StoreReport): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    fallback_application_name: 'berth',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
    ...limits,
  })
  // Without a listener, a connection that breaks while nothing is asked of it would end the process.
  pool.on('connect', (client) => client.on('error', report.connectionLost))
  pool.on('error', () => undefined)
  return pool
}

// On this pool only: all our bigints are safe integers (milliseconds, bytes, counts).
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid, format) =>
  oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as unknown)

const translating = (pool: pg.Pool): PostgresPool => ({
  connect: async () => {
    try {
      return translatingClient(await pool.connect())
    } catch (error) {
      throw recordsUnavailable(error)
    }
  },
  end: () => pool.end(),
})

/** A connection that was lost is never given back, and says so again when it is asked again. */
function translatingClient(client: pg.PoolClient): PostgresPoolClient {
  let lost: Problem | null = null
  const query = async (text: string, values: readonly unknown[] = []) => {
    if (lost) throw lost
    try {
      const result = await client.query(text, values.map(storable))
      return confirmed(text, result)
    } catch (error) {
      const said = translate(error, text)
      if (isConnectionLost(error)) lost = said as Problem
      throw said
    }
  }
  const release = (): void => client.release(lost !== null)
  // Of its two forms of query, Kysely uses the one with cursors for streams only; we have none.
  return { query: query as unknown as PostgresPoolClient['query'], release }
}

/** The server answers the commit of a failed transaction with success, and the word ROLLBACK. */
function confirmed(text: string, result: pg.QueryResult): pg.QueryResult {
  if (text === 'commit' && result.command !== 'COMMIT') throw new Error('the commit was refused')
  return result
}

/** When no answer to a commit was heard, nobody knows whether it took place: never said to have. */
function translate(error: unknown, text: string): unknown {
  if (isConnectionLost(error) && text === 'commit') return recordsUncertain(error)
  return isConnectionLost(error) || isUnavailable(error) ? recordsUnavailable(error) : error
}

/** PostgreSQL's text holds every character but NUL, which a sender may well send. */
const storable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
