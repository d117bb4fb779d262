/** `berth backup FILE`: a copy of the records, also while Berth serves. SQLite only. */

import type { DatabaseConfig } from '../config.ts'
import { backupSqlite } from '../store/backup.ts'
import { UsageError } from './usage.ts'

export async function backup(
  { url }: DatabaseConfig,
  [file, ...rest]: string[],
  print: (line: string) => void,
): Promise<void> {
  if (file === undefined || file.startsWith('-') || rest.length > 0) {
    throw new UsageError('expected berth backup FILE')
  }
  if (!url.startsWith('file:')) {
    throw new UsageError('berth backup copies SQLite; PostgreSQL has pg_dump for it')
  }
  const bytes = await backupSqlite(url.slice('file:'.length), file)
  print(`${file}: ${bytes} bytes, checked`)
}
