/** All writes that arrive in one turn of the event loop share one transaction, and so one fsync. */

import type { Kysely, Transaction } from 'kysely'
import { isProblem } from '../problems.ts'
import { isBusy } from './sqlite.ts'
import type { Schema } from './schema.ts'

type Work<T> = (trx: Transaction<Schema>) => Promise<T>

/** Runs `work` in a transaction. `work` may run twice, so it must do nothing but write rows. */
export type Write = <T>(work: Work<T>) => Promise<T>

type Waiting = {
  work: Work<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

// Bounded, so that one commit never holds readers up for long.
const LARGEST_GROUP = 256

const BUSY_WAIT_MS = 25
const BUSY_PATIENCE_MS = 5_000

export function createGroupCommit(db: Kysely<Schema>): Write {
  let waiting: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, LARGEST_GROUP)
      waiting = waiting.slice(LARGEST_GROUP)
      await commitGroup(db, group)
    }
    running = false
  }

  return <T>(work: Work<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
      if (!running && waiting.length === 1) setImmediate(() => void run())
    })
}

async function commitGroup(db: Kysely<Schema>, group: Waiting[]): Promise<void> {
  try {
    const results = await inTransaction(db, async (trx) => {
      const values: unknown[] = []
      for (const { work } of group) values.push(await work(trx))
      return values
    })
    group.forEach(({ resolve }, index) => resolve(results[index]))
  } catch (error) {
    // One bad write must not fail its neighbours: each gets a transaction of its own.
    if (group.length > 1 && !isProblem(error, 'records-unavailable')) {
      for (const one of group) await commitGroup(db, [one])
      return
    }
    group.forEach(({ reject }) => reject(error))
  }
}

/** Waits outside the driver while another process writes, so the event loop stays free. */
async function inTransaction<T>(db: Kysely<Schema>, work: Work<T>): Promise<T> {
  const giveUpAt = Date.now() + BUSY_PATIENCE_MS
  for (;;) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isBusy(error) || Date.now() > giveUpAt) throw error
      await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT_MS))
    }
  }
}
