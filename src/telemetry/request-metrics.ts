/** How long requests take, by route: with a count in it, one histogram answers rate, errors and latency. */

import { Histogram, type Registry } from 'prom-client'

/** `route` is the pattern, never the path: an id would make a series of every upload. */
export type RequestSeen = { method: string; route: string; status: number; seconds: number }

export function requestMetrics(registers: Registry[]) {
  const requests = new Histogram({
    name: 'berth_http_request_seconds',
    help: 'Answered requests by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  })
  return {
    request: ({ method, route, status, seconds }: RequestSeen): void =>
      requests.observe({ method, route, status: String(status) }, seconds),
  }
}
