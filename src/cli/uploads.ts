/** `berth uploads retry ID`: reopen an upload that has failed. */

import { retryFailed } from '../broker/retry-failed.ts'
import type { DatabaseConfig } from '../config.ts'
import { UsageError } from './usage.ts'
import { withStore } from './with-store.ts'

export async function uploads(
  database: DatabaseConfig,
  [action, id, ...rest]: string[],
  print: (line: string) => void,
): Promise<void> {
  if (action !== 'retry' || id === undefined || rest.length > 0) {
    throw new UsageError('expected berth uploads retry ID')
  }
  const upload = await withStore(database, (store) =>
    retryFailed({ store, now: store.clock.now }, id),
  )
  print(`${upload.id}: ${upload.state}`)
}
