/** `berth migrate`: bring the database's schema up to date, whatever MIGRATE_ON_START says. */

import type { DatabaseConfig } from '../config.ts'
import { openStore } from '../store/store.ts'

export async function migrate(
  { url }: DatabaseConfig,
  print: (line: string) => void,
): Promise<void> {
  const store = openStore(url)
  const ran = await store.migrate().finally(() => store.close())
  print(ran.length === 0 ? 'the schema is up to date' : `migrated: ${ran.join(', ')}`)
}
