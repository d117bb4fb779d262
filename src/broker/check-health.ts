/** Which of the things that Berth stands on answer now. */

import type { ScannerCheck } from './check-scanner.ts'
import type { Deps } from './deps.ts'
import { eventFlow, type EventFlow } from './watch-events.ts'

type Check = 'ok' | 'unavailable'

export type Health = { records: Check; storage: Check; events: EventFlow; scanner: Check | 'off' }

const PATIENCE_MS = 2_000

type HealthDeps = Pick<Deps, 'store' | 'bucket' | 'now'> & {
  expectsEvents: boolean
  scanner: ScannerCheck | null
}

export async function checkHealth(deps: HealthDeps): Promise<Health> {
  const [records, storage] = await Promise.all([
    answers(deps.store.ping()),
    answers(deps.bucket.check()),
  ])
  const events = records === 'ok' ? await eventFlow(deps) : 'off'
  const scanner = deps.scanner ? (deps.scanner.isFit() ? 'ok' : 'unavailable') : 'off'
  return { records, storage, events, scanner }
}

async function answers(call: Promise<void>): Promise<Check> {
  const late = new Promise<Check>((resolve) => {
    setTimeout(() => resolve('unavailable'), PATIENCE_MS).unref()
  })
  const answered = call.then(
    (): Check => 'ok',
    (): Check => 'unavailable',
  )
  return Promise.race([answered, late])
}
