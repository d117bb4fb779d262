/** Everything that the clock starts, and how often. */

import type { Broker } from '../broker/broker.ts'
import { every, type Job, type JobLog } from './every.ts'
import { startWorkers } from './workers.ts'

export type JobsConfig = {
  sweepIntervalSeconds: number
  /** The most HEADs per second that the sweep of pending uploads may cost. */
  looksPerSecond: number
  verifyConcurrency: number
  verifyPerTenant: number
}

export type Jobs = { wakeWorkers: () => void; wakeInbox: () => void; stop: () => Promise<void> }

/** The stories of which one would like to know when they last ended well. */
export const COUNTED: (keyof Broker)[] = [
  'drainInbox',
  'sweepLooks',
  'sweepLeases',
  'sweepStaging',
  'sweepClaims',
  'sweepProbes',
  'sweepInbox',
  'sweepOrphans',
  'removeOrphans',
  'sweepRetention',
  'sweepExpired',
  'watchEvents',
  'watchRecords',
  'probeBuckets',
  'watchStorage',
  'checkScanner',
]

const BATCH = 100
const POLL_MS = 1_000
const SCANNER_CHECK_MS = 60_000
const STORAGE_CHECK_MS = 60_000
const PROBE_CHECK_MS = 60_000

export function startJobs(broker: Broker, config: JobsConfig, log: JobLog): Jobs {
  const sweepMs = config.sweepIntervalSeconds * 1000
  const job = (name: string, intervalMs: number, run: (batch: number) => Promise<number>): Job =>
    every({ name, intervalMs, batch: BATCH, run: () => run(BATCH) }, log)

  const looks = every(
    {
      name: 'look-for-arrivals',
      intervalMs: POLL_MS,
      run: () => broker.sweepLooks(config.looksPerSecond),
      // Never one batch right after another: the budget is per second.
      batch: Infinity,
    },
    log,
  )
  const inbox = job('drain-inbox', POLL_MS, broker.drainInbox)
  const workers = startVerifying(broker, config, log)
  const sweeps = [
    job('sweep-leases', Math.min(sweepMs, POLL_MS), broker.sweepLeases),
    job('sweep-staging', sweepMs, broker.sweepStaging),
    job('sweep-claims', sweepMs, broker.sweepClaims),
    job('sweep-probes', sweepMs, broker.sweepProbes),
    job('sweep-inbox', sweepMs, broker.sweepInbox),
    job('sweep-orphans', sweepMs, broker.sweepOrphans),
    job('remove-orphans', sweepMs, broker.removeOrphans),
    job('sweep-retention', sweepMs, broker.sweepRetention),
    job('sweep-expired', sweepMs, broker.sweepExpired),
    job('watch-events', sweepMs, broker.watchEvents),
    job('watch-records', sweepMs, broker.watchRecords),
    job('probe-buckets', PROBE_CHECK_MS, broker.probeBuckets),
    job('watch-storage', STORAGE_CHECK_MS, broker.watchStorage),
    job('check-scanner', SCANNER_CHECK_MS, broker.checkScanner),
  ]
  const all = [looks, inbox, workers, ...sweeps]
  return {
    wakeWorkers: workers.wake,
    wakeInbox: inbox.wake,
    stop: async () => {
      await Promise.all(all.map((each) => each.stop()))
    },
  }
}

const startVerifying = (broker: Broker, config: JobsConfig, log: JobLog): Job =>
  startWorkers(
    {
      name: 'verify',
      concurrency: config.verifyConcurrency,
      perTenant: config.verifyPerTenant,
      pollMs: POLL_MS,
      next: broker.nextVerifications,
      run: broker.verifyUpload,
    },
    log,
  )
