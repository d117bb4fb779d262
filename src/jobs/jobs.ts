/** Everything that the clock starts, and how often. */

import type { Broker } from '../broker/broker.ts'
import { startDispatcher } from './dispatch.ts'
import { every, type Job, type JobLog } from './every.ts'
import { startWorkers } from './workers.ts'

export type JobsConfig = {
  sweepIntervalSeconds: number
  /** The most HEADs per second that the sweep of pending uploads may cost. */
  looksPerSecond: number
  verifyConcurrency: number
  verifyPerTenant: number
  /** Where other nodes take from the same records, what is known early is taken in vain more often. */
  isShared: boolean
  sendWebhooks: boolean
  /** Attempts at a time. */
  webhookConcurrency: number
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
  'sweepAssemblies',
  'sweepRetention',
  'sweepExpired',
  'sweepDeliveries',
  'tallyChanges',
  'sweepTallies',
  'watchEvents',
  'watchRecords',
  'probeBuckets',
  'watchStorage',
  'checkScanner',
]

const BATCH = 100
/** Small and often, so that counting a long past holds nobody up. */
const TALLY_BATCH = 500
const TALLY_MS = 250
const POLL_MS = 1_000
const SCANNER_CHECK_MS = 60_000
const STORAGE_CHECK_MS = 60_000
const PROBE_CHECK_MS = 60_000
const ASSEMBLIES_MS = 3_600_000
/** Completions under way at a time: each costs the store more than us. */
const GATHERINGS = 4

export function startJobs(broker: Broker, config: JobsConfig, log: JobLog): Jobs {
  const sweepMs = config.sweepIntervalSeconds * 1000
  const job: StartJob = (name, intervalMs, run) =>
    every({ name, intervalMs, batch: BATCH, run: () => run(BATCH) }, log)

  const looks = startLooking(broker, config, log)
  const inbox = job('drain-inbox', POLL_MS, broker.drainInbox)
  const workers = startVerifying(broker, config, log)
  const gatherers = startGathering(broker, log)
  const all = [
    looks,
    inbox,
    workers,
    gatherers,
    startTallying(broker, log),
    ...startDispatching(broker, config, log),
    ...startSweeps(broker, sweepMs, job),
  ]
  return {
    wakeWorkers: workers.wake,
    wakeInbox: inbox.wake,
    stop: async () => {
      await Promise.all(all.map((each) => each.stop()))
    },
  }
}

type StartJob = (name: string, intervalMs: number, run: (batch: number) => Promise<number>) => Job

const startSweeps = (broker: Broker, sweepMs: number, job: StartJob): Job[] => [
  job('sweep-leases', Math.min(sweepMs, POLL_MS), broker.sweepLeases),
  job('sweep-staging', sweepMs, broker.sweepStaging),
  job('sweep-claims', sweepMs, broker.sweepClaims),
  job('sweep-probes', sweepMs, broker.sweepProbes),
  job('sweep-inbox', sweepMs, broker.sweepInbox),
  job('sweep-orphans', sweepMs, broker.sweepOrphans),
  job('remove-orphans', sweepMs, broker.removeOrphans),
  job('sweep-assemblies', ASSEMBLIES_MS, broker.sweepAssemblies),
  job('sweep-retention', sweepMs, broker.sweepRetention),
  job('sweep-expired', sweepMs, broker.sweepExpired),
  job('sweep-tallies', sweepMs, broker.sweepTallies),
  job('sweep-deliveries', sweepMs, broker.sweepDeliveries),
  job('watch-events', sweepMs, broker.watchEvents),
  job('watch-records', sweepMs, broker.watchRecords),
  job('probe-buckets', PROBE_CHECK_MS, broker.probeBuckets),
  job('watch-storage', STORAGE_CHECK_MS, broker.watchStorage),
  job('check-scanner', SCANNER_CHECK_MS, broker.checkScanner),
]

const startLooking = (broker: Broker, config: JobsConfig, log: JobLog): Job =>
  every(
    {
      name: 'look-for-arrivals',
      intervalMs: POLL_MS,
      run: () => broker.sweepLooks(config.looksPerSecond),
      // Never one batch right after another: the budget is per second.
      batch: Infinity,
    },
    log,
  )

const startVerifying = (broker: Broker, config: JobsConfig, log: JobLog): Job =>
  startWorkers(
    {
      name: 'verify',
      concurrency: config.verifyConcurrency,
      perTenant: config.verifyPerTenant,
      lookAhead: config.isShared ? 2 : 8,
      pollMs: POLL_MS,
      next: broker.nextVerifications,
      run: broker.verifyUpload,
    },
    log,
  )

/** Apart from the looks, which shall not wait for a completion. */
const startGathering = (broker: Broker, log: JobLog): Job =>
  startWorkers(
    {
      name: 'gather-parts',
      concurrency: GATHERINGS,
      perTenant: GATHERINGS / 2,
      lookAhead: 2,
      pollMs: POLL_MS,
      next: broker.nextGatherings,
      run: (upload, stop) => orStopped(broker.gatherDue(upload), stop),
    },
    log,
  )

/** A node that stops leaves a completion to the store, and what comes of it to the next look. */
const orStopped = (work: Promise<void>, stop: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const leave = (): void => resolve()
    stop.addEventListener('abort', leave, { once: true })
    work.then(resolve, reject).finally(() => stop.removeEventListener('abort', leave))
  })

/** Never one batch right after another: what is to be counted is not going away. */
const startTallying = (broker: Broker, log: JobLog): Job =>
  every(
    {
      name: 'tally-changes',
      intervalMs: TALLY_MS,
      run: () => broker.tallyChanges(TALLY_BATCH),
      batch: Infinity,
    },
    log,
  )

/** None when webhooks are switched off: they wait in the outbox. */
function startDispatching(broker: Broker, config: JobsConfig, log: JobLog): Job[] {
  if (!config.sendWebhooks) return []
  const spec = {
    concurrency: config.webhookConcurrency,
    isDue: broker.isDeliveryDue,
    dueTo: broker.dueEndpoints,
    claim: broker.claimFor,
    run: broker.deliver,
  }
  return [startDispatcher(spec, log)]
}
