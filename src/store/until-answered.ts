/** At start the database may still be on its way up; a wrong password never is. */

import { isProblem } from '../problems.ts'
import { UnusableDatabase } from './engine.ts'
import { causeCode, isNotLetIn } from './postgres-errors.ts'

const PATIENCE_MS = 60_000
const PAUSE_MS = 500

/** @param ask rejects while the database is away. */
export async function untilAnswered(ask: () => Promise<void>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      await ask()
      return
    } catch (error) {
      if (isNotLetIn(causeCode(error))) throw new UnusableDatabase(messageOf(error))
      if (!isProblem(error, 'records-unavailable')) throw error
      if (performance.now() > giveUpAt) throw new Error(messageOf(error), { cause: error })
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

const messageOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined
  return `the database cannot be used: ${cause instanceof Error ? cause.message : String(error)}`
}
