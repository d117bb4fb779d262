/** What verification does: bytes, time, verdicts. */

import { Counter, Histogram, type Registry } from 'prom-client'

export function verificationMetrics(registers: Registry[]) {
  const bytes = new Counter({
    name: 'berth_verified_bytes_total',
    help: 'Bytes of sealed copies that were read.',
    registers,
  })
  const passes = new Histogram({
    name: 'berth_verification_seconds',
    help: 'One pass over a sealed copy.',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
    registers,
  })
  const verdicts = new Histogram({
    name: 'berth_arrival_to_verdict_seconds',
    help: 'From received to ready or rejected, by verdict.',
    labelNames: ['verdict'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 1800, 86_400],
    registers,
  })
  const rejections = new Counter({
    name: 'berth_rejections_total',
    help: 'Uploads that broke a promise, by which.',
    labelNames: ['reason'],
    registers,
  })
  return {
    inspected: (size: number, seconds: number): void => {
      bytes.inc(size)
      passes.observe(seconds)
    },
    /** @param reason null: ready. */
    verdict: (reason: string | null, secondsSinceArrival: number): void => {
      const verdict = reason === null ? 'ready' : 'rejected'
      verdicts.observe({ verdict }, Math.max(0, secondsSinceArrival))
      if (reason !== null) rejections.inc({ reason })
    },
  }
}
