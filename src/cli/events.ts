/** `berth events --state poison [--limit 50]`: stored events, one JSON line each, the latest first. */

import { parseArgs } from 'node:util'
import { INBOX_STATES, listStoredEvents } from '../broker/list-events.ts'
import type { DatabaseConfig } from '../config.ts'
import { UsageError } from './usage.ts'
import { withStore } from './with-store.ts'

const LONGEST_LIST = 1_000

export async function events(
  database: DatabaseConfig,
  args: string[],
  print: (line: string) => void,
): Promise<void> {
  const { state, limit } = wanted(args)
  const found = await withStore(database, (store) => listStoredEvents({ store }, state, limit))
  for (const event of found) print(JSON.stringify(event))
}

function wanted(args: string[]) {
  const { values } = parseArgs({
    args,
    options: { state: { type: 'string' }, limit: { type: 'string', default: '50' } },
  })
  const state = INBOX_STATES.find((known) => known === values.state)
  if (!state) throw new UsageError(`expected --state with one of ${INBOX_STATES.join(', ')}`)
  const limit = Number(values.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > LONGEST_LIST) {
    throw new UsageError(`expected --limit from 1 to ${LONGEST_LIST}`)
  }
  return { state, limit }
}
