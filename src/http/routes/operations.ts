/** Is it up? /livez, /readyz, /health and /version, for balancers and people. */

import type { RequestHandler } from 'express'
import type { Broker } from '../../broker/broker.ts'
import { draining, recordsUnavailable } from '../../problems.ts'
import type { Endpoint } from '../mount.ts'

export type OperationRoutesDeps = { broker: Broker; version: string; isDraining: () => boolean }

export function operationEndpoints(deps: OperationRoutesDeps): Endpoint[] {
  const get = (path: string, handler: RequestHandler): Endpoint => ({
    method: 'get',
    path,
    handlers: [handler],
  })
  return [
    get('/livez', (_req, res) => void res.json({ ok: true })),
    get('/readyz', readyz(deps)),
    get('/health', health(deps)),
    get('/version', (_req, res) => void res.json({ version: deps.version, node: process.version })),
  ]
}

/** Slots are signed locally, so a store that is down degrades the service but does not end it. */
const readyz =
  ({ broker, isDraining }: OperationRoutesDeps): RequestHandler =>
  async (_req, res) => {
    if (isDraining()) throw draining('this node')
    const checks = await broker.checkHealth()
    if (checks.records !== 'ok') throw recordsUnavailable()
    res.json({ ok: true, degraded: checks.storage !== 'ok' })
  }

const health =
  ({ broker, isDraining }: OperationRoutesDeps): RequestHandler =>
  async (_req, res) => {
    const checks = await broker.checkHealth()
    const isFine = !isDraining() && Object.values(checks).every((check) => check === 'ok')
    if (isFine) res.json({ ok: true })
    else res.status(503).set('retry-after', '2').json({ ok: false, checks, draining: isDraining() })
  }
