/** Which of the things that Berth stands on answer now. */

import type { Circuit, CircuitState } from './circuit.ts'
import type { ScannerCheck } from './check-scanner.ts'
import type { Deps } from './deps.ts'
import { eventFlow, type EventFlow } from './watch-events.ts'
import { clockSkew, isSuspicious } from './watch-storage.ts'

type Check = 'ok' | 'unavailable'

export type Health = {
  records: Check
  storage: Check
  /** Open: the store is left alone until it answers again. */
  storageCircuit: CircuitState
  /** Null before the store's first answer. */
  clockSkewSeconds: number | null
  storageClock: 'ok' | 'skewed'
  events: EventFlow
  scanner: Check | 'off'
}

const PATIENCE_MS = 2_000

type HealthDeps = Pick<Deps, 'store' | 'bucket' | 'now' | 'meter'> & {
  circuit: Circuit
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
  const clockSkewSeconds = clockSkew(deps)
  return {
    records,
    storage,
    storageCircuit: deps.circuit.state(),
    clockSkewSeconds,
    storageClock: isSuspicious(clockSkewSeconds) ? 'skewed' : 'ok',
    events,
    scanner,
  }
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
