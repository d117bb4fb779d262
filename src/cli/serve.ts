/** `berth serve`: run until a signal asks to stop; a second signal does not wait. */

import type { Config } from '../config.ts'
import type { Page } from '../http/routes/pages.ts'
import { startService } from '../service.ts'
import { keepHeapSmall } from '../telemetry/small-heap.ts'
import { readVersion } from '../telemetry/version.ts'

const PATIENCE_MS = 20_000

export async function serve(config: Config, pages: readonly Page[] = []): Promise<void> {
  const roomFor = keepHeapSmall()
  const service = await startService(config, { version: readVersion(), pages, roomFor })
  void service.broken.then(giveUp)
  await firstSignal()
  const impatient = firstSignal().then(() => process.exit(1))
  const late = setTimeout(() => process.exit(1), PATIENCE_MS)
  await Promise.race([service.close(), impatient])
  clearTimeout(late)
}

/** At once, without a drain: whatever were written now might be lost, or make it worse. */
function giveUp(error: Error): void {
  const code = 'code' in error ? ` (${String(error.code)})` : ''
  process.stderr.write(
    `berth: the database must not be written any more: ${error.message}${code}; ` +
      'mend the disk or restore the file, then start again\n',
  )
  process.exit(1)
}

/** Resolves at the next SIGTERM or SIGINT. */
export function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      process.off('SIGTERM', heard)
      process.off('SIGINT', heard)
      resolve()
    }
    process.on('SIGTERM', heard)
    process.on('SIGINT', heard)
  })
}
