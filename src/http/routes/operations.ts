/** Is it up? /livez, /readyz, /health and /version, for balancers and people. */

import type { RequestHandler } from 'express'
import type { Broker } from '../../broker/broker.ts'
import { draining, recordsUnavailable } from '../../problems.ts'
import type { Endpoint } from '../mount.ts'

export type OperationRoutesDeps = {
  broker: Broker
  version: string
  stopping: AbortSignal
  /** Null: switched off. */
  metrics: (() => Promise<string>) | null
}

export function operationEndpoints(deps: OperationRoutesDeps): Endpoint[] {
  const get = (path: string, handler: RequestHandler): Endpoint => ({
    method: 'get',
    path,
    handlers: [handler],
  })
  const { metrics } = deps
  return [
    ...(metrics ? [get('/metrics', renderMetrics(metrics))] : []),
    get('/livez', (_req, res) => void res.json({ ok: true })),
    get('/readyz', readyz(deps)),
    get('/health', health(deps)),
    get('/version', (_req, res) => void res.json({ version: deps.version, node: process.version })),
  ]
}

const renderMetrics =
  (metrics: () => Promise<string>): RequestHandler =>
  async (_req, res) => {
    res.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics())
  }

/** Slots are signed locally, so a store that is down degrades the service but does not end it. */
const readyz =
  ({ broker, stopping }: OperationRoutesDeps): RequestHandler =>
  async (_req, res) => {
    if (stopping.aborted) throw draining('this node')
    const checks = await broker.checkHealth()
    if (checks.records !== 'ok') throw recordsUnavailable()
    res.json({ ok: true, degraded: checks.storage !== 'ok' })
  }

const health =
  ({ broker, stopping }: OperationRoutesDeps): RequestHandler =>
  async (_req, res) => {
    const checks = await broker.checkHealth()
    const isUp = !stopping.aborted && checks.records === 'ok' && checks.storage === 'ok'
    // Without events or a scanner uploads take longer; that is no reason to take a node out.
    const isQuiet =
      checks.events !== 'silent' &&
      checks.scanner !== 'unavailable' &&
      checks.storageCircuit === 'closed' &&
      checks.storageClock === 'ok'
    if (isUp) res.json(isQuiet ? { ok: true } : { ok: true, checks })
    else
      res
        .status(503)
        .set('retry-after', '2')
        .json({ ok: false, checks, draining: stopping.aborted })
  }
