/** The database for one command: opened, brought up to date as configured, and closed again. */

import type { DatabaseConfig } from '../config.ts'
import { openStore, type Store } from '../store/store.ts'

export async function withStore<T>(
  { url, migrateOnStart }: DatabaseConfig,
  run: (store: Store) => Promise<T>,
): Promise<T> {
  const store = openStore(url)
  try {
    await store.prepare({ migrate: migrateOnStart })
    return await run(store)
  } finally {
    await store.close()
  }
}
