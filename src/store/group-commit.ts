/** Writes that arrive while a group is written share the next transaction, and so one fsync. */

import type { Kysely, Transaction } from 'kysely'
import { isProblem, recordsUnavailable } from '../problems.ts'
import type { Engine } from './engine.ts'
import { insertAdmitted } from './insert-admitted.ts'
import { createLedger, type Ledger } from './quotas.ts'
import type { Schema } from './schema.ts'

type Work<T> = (trx: Transaction<Schema>, ledger: Ledger) => Promise<T>

/**
 * Runs `work` in a transaction. `work` may run twice, so it must do nothing but write rows.
 * @param order what it changes: an upload's id, say. Within a group, writes run in this order, so
 *   that two nodes that change the same rows wait for each other in a line and not in a circle.
 */
export type Write = <T>(work: Work<T>, order?: string) => Promise<T>

type Waiting = {
  work: Work<unknown>
  order: string
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
  /** Monotonic milliseconds. */
  since: number
  /** Ends the wait for a turn. */
  timer: NodeJS.Timeout
}

type Rules = Pick<Engine, 'isConflict' | 'insertRows' | 'queuePatienceMs'>

// Bounded, so that one commit never holds readers up for long.
const LARGEST_GROUP = 256

// A turn under load lasts a millisecond or less.
const MOST_TURNS = 4

const CONFLICT_WAIT_MS = 25
const CONFLICT_PATIENCE_MS = 5_000

/**
 * One group at a time, also on PostgreSQL: measured with 2 and 4 at once (32 and 128 writers, 1 and
 * 16 tenants), groups of one process wait for each other's quota rows and are smaller, and no more
 * is written. Other nodes write beside it.
 */
export function createGroupCommit(db: Kysely<Schema>, rules: Rules): Write {
  let waiting: Waiting[] = []
  let running = false

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      await untilNobodyJoins()
      const group = waiting.slice(0, LARGEST_GROUP)
      waiting = waiting.slice(LARGEST_GROUP)
      for (const { timer } of group) clearTimeout(timer)
      // All of them may have given up.
      if (group.length > 0) await commitGroup(db, rules, group.sort(byOrder))
    }
    running = false
  }
  /** While more arrive with every turn of the event loop, a commit would only make them wait for the next. */
  const untilNobodyJoins = async (): Promise<void> => {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const before = waiting.length
      await nextTurn()
      if (waiting.length === before) return
    }
  }
  const giveUp = (one: Waiting): void => {
    waiting = waiting.filter((other) => other !== one)
    one.reject(recordsUnavailable(new Error('no turn to write came in time')))
  }

  return <T>(work: Work<T>, order = ''): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const one: Waiting = {
        work,
        order,
        resolve: resolve as (value: unknown) => void,
        reject,
        since: performance.now(),
        timer: setTimeout(() => giveUp(one), rules.queuePatienceMs),
      }
      waiting.push(one)
      if (running) return
      running = true
      setImmediate(() => void run())
    })
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const byOrder = (a: Waiting, b: Waiting): number =>
  a.order < b.order ? -1 : Number(a.order > b.order)

async function commitGroup(db: Kysely<Schema>, rules: Rules, group: Waiting[]): Promise<void> {
  try {
    const since = Math.max(...group.map((one) => one.since))
    const results = await inTransaction(db, { ...rules, since }, async (trx) => {
      const ledger = createLedger()
      const values: unknown[] = []
      for (const { work } of group) values.push(await work(trx, ledger))
      await insertAdmitted(rules.insertRows, trx, await ledger.settle(trx))
      await ledger.finish()
      return values
    })
    group.forEach(({ resolve }, index) => resolve(results[index]))
  } catch (error) {
    // One bad write must not fail its neighbours: each gets a transaction of its own.
    if (group.length > 1 && !isProblem(error, 'records-unavailable')) {
      for (const one of group) await commitGroup(db, rules, [one])
      return
    }
    group.forEach(({ reject }) => reject(error))
  }
}

/** Waits outside the driver while somebody else writes, so the event loop stays free. */
async function inTransaction<T>(
  db: Kysely<Schema>,
  { isConflict, since }: Rules & { since: number },
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  // From the moment of asking: whoever waited behind another's five seconds has waited his own.
  const giveUpAt = since + CONFLICT_PATIENCE_MS
  for (;;) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isConflict(error) || performance.now() > giveUpAt) throw error
      const pause = CONFLICT_WAIT_MS * (0.5 + Math.random())
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}
