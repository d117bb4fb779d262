/** Metrics in the Prometheus text format. Label sets are closed: no id, key or tenant is a label. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { setBuildInfo } from './build-info.ts'
import { jobMetrics } from './job-metrics.ts'
import { poolMetrics } from './pool-metrics.ts'
import { recordMetrics } from './record-metrics.ts'
import { requestMetrics } from './request-metrics.ts'
import { storageMetrics } from './storage-metrics.ts'
import { verificationMetrics } from './verification-metrics.ts'
import { webhookMetrics } from './webhook-metrics.ts'

export type Metrics = {
  /** An upload became received. */
  arrival: (cause: string) => void
  eventSilence: (isSilent: boolean) => void
  /** Objects that no record names. */
  orphans: (count: number) => void
  orphansFound: (count: number) => void
  orphansRemoved: (count: number) => void
  /** An event was settled in the inbox. */
  event: (source: string, state: string) => void
  /** This node's clock minus the database's. */
  clockSkew: (milliseconds: number) => void
  circuit: (dependency: string, isOpen: boolean) => void
  /** Seconds that the store's clock is ahead of ours. */
  storeClockSkew: (seconds: number) => void
  render: () => Promise<string>
} & ReturnType<typeof partMetrics>

/** Each part of Berth has its metrics in a file of its own. */
const partMetrics = (registers: Registry[]) => ({
  ...requestMetrics(registers),
  ...storageMetrics(registers),
  ...verificationMetrics(registers),
  ...recordMetrics(registers),
  ...jobMetrics(registers),
  ...poolMetrics(registers),
  ...webhookMetrics(registers),
})

export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  setBuildInfo(registers)
  const arrivals = new Counter({
    name: 'berth_arrivals_total',
    help: 'Uploads that became received, by what told of them.',
    labelNames: ['cause'],
    registers,
  })
  const events = new Counter({
    name: 'berth_events_total',
    help: 'Events looked at in the inbox, by source and what became of them.',
    labelNames: ['source', 'state'],
    registers,
  })
  const silence = new Gauge({
    name: 'berth_event_silence',
    help: '1 while objects land and no event tells of any.',
    registers,
  })
  return {
    ...partMetrics(registers),
    ...orphanMetrics(registers),
    ...dependencyMetrics(registers),
    arrival: (cause) => arrivals.inc({ cause }),
    event: (source, state) => events.inc({ source, state }),
    eventSilence: (isSilent) => silence.set(isSilent ? 1 : 0),
    render: () => registry.metrics(),
  }
}

function orphanMetrics(registers: Registry[]) {
  const known = new Gauge({
    name: 'berth_orphans',
    help: 'Objects in the bucket that no record names, and that are not removed yet.',
    registers,
  })
  const found = new Counter({
    name: 'berth_orphans_found_total',
    help: 'Objects that no record names, when seen for the first time.',
    registers,
  })
  const removed = new Counter({
    name: 'berth_orphans_removed_total',
    help: 'Objects removed after no record had named them for ORPHAN_GRACE_SECONDS.',
    registers,
  })
  return {
    orphans: (count: number) => known.set(count),
    orphansFound: (count: number) => found.inc(count),
    orphansRemoved: (count: number) => removed.inc(count),
  }
}

function dependencyMetrics(registers: Registry[]) {
  const databaseSkew = new Gauge({
    name: 'berth_database_clock_skew_seconds',
    help: "This node's clock minus the database's; leases and deadlines use the database's.",
    registers,
  })
  const storeSkew = new Gauge({
    name: 'berth_store_clock_skew_seconds',
    help: "How far the object store's clock is ahead of this node's.",
    registers,
  })
  const circuits = new Gauge({
    name: 'berth_circuit_open',
    help: '1 while a dependency is left alone, as it does not answer.',
    labelNames: ['dependency'],
    registers,
  })
  // A series that begins only with the first outage cannot be told from one that is missing.
  circuits.set({ dependency: 'storage' }, 0)
  return {
    clockSkew: (milliseconds: number) => databaseSkew.set(milliseconds / 1000),
    storeClockSkew: (seconds: number) => storeSkew.set(seconds),
    circuit: (dependency: string, isOpen: boolean) => circuits.set({ dependency }, isOpen ? 1 : 0),
  }
}
