/** What is known of the object store itself: whether it is left alone now, and how its clock goes. */

import type { Bucket } from '../bucket/bucket.ts'
import { createCircuit, type Circuit } from './circuit.ts'
import type { Deps } from './deps.ts'

type CircuitDeps = Pick<Deps, 'bucket' | 'now' | 'random' | 'log' | 'meter' | 'wakeWorkers'> & {
  wakeInbox: () => void
}

/** One circuit for all of the store's calls. Everything that waited is woken when it closes. */
export const createStorageCircuit = (deps: CircuitDeps): Circuit =>
  createCircuit({
    check: () => deps.bucket.check(),
    now: deps.now,
    random: deps.random,
    changed: (state) => {
      deps.meter.circuit('storage', state === 'open')
      if (state === 'open') {
        deps.log.warn('storage.away', {})
        return
      }
      deps.log.warn('storage.back', {})
      deps.wakeWorkers()
      deps.wakeInbox()
    },
  })

/** Stores refuse signatures that are 15 minutes off; URLs die early or late long before. */
const SUSPICIOUS_SECONDS = 60

/** Null before the first answer. */
export function clockSkew({ bucket, meter }: { bucket: Bucket } & Pick<Deps, 'meter'>) {
  const seconds = bucket.clockSkewSeconds()
  if (seconds !== null) meter.storeClockSkew(seconds)
  return seconds
}

export const isSuspicious = (skewSeconds: number | null): boolean =>
  Math.abs(skewSeconds ?? 0) > SUSPICIOUS_SECONDS

/** @returns 0: there is never a batch left over. */
export async function watchStorage(deps: Pick<Deps, 'bucket' | 'meter' | 'log'>): Promise<number> {
  // A store that does not answer is the circuit's business.
  await deps.bucket.check().catch(() => undefined)
  const seconds = clockSkew(deps)
  if (isSuspicious(seconds)) deps.log.warn('storage.clock-skew', { seconds })
  return 0
}
