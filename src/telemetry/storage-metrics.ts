/** What the object store is asked, and what signing costs, which asks nobody. */

import { Histogram, type Registry } from 'prom-client'

export function storageMetrics(registers: Registry[]) {
  const calls = new Histogram({
    name: 'berth_store_call_seconds',
    help: 'Calls of the object store by operation and outcome; of a read, until its first byte.',
    labelNames: ['operation', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60],
    registers,
  })
  const signing = new Histogram({
    name: 'berth_signing_seconds',
    help: 'Signing a URL: arithmetic on this machine.',
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1],
    registers,
  })
  return {
    storeCall: (operation: string, outcome: 'ok' | 'error', seconds: number): void =>
      calls.observe({ operation, outcome }, seconds),
    signed: (seconds: number): void => signing.observe(seconds),
  }
}
