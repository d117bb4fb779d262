/** A span for every request, part of the caller's trace when one is named; its context is kept with what is created. */

import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { RequestHandler, Response } from 'express'
import { beginSpan } from '../tracing/span.ts'
import { traceparentOf } from '../tracing/traceparent.ts'
import { methodOf, routeOf } from './request-metrics.ts'

const KEPT = 'traceparent'

export const traceRequests: RequestHandler = (req, res, next) => {
  const method = methodOf(req)
  // Where HTTP itself is instrumented, its span has read the header already.
  const traceparent = trace.getActiveSpan() ? null : (req.get('traceparent') ?? null)
  const facts = { 'http.request.method': method }
  const { span, within } = beginSpan(method, { kind: 'server', traceparent, facts })
  res.locals[KEPT] = traceparentOf(span)
  res.once('close', () => {
    const route = routeOf(req)
    span.updateName(`${method} ${route}`)
    span.setAttributes({ 'http.route': route, 'http.response.status_code': res.statusCode })
    if (res.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  })
  context.with(within, () => next())
}

/** Of this request's span, or what the caller sent when nobody traces here; null: neither. */
export const traceparentIn = (res: Response): string | null =>
  (res.locals[KEPT] as string | null | undefined) ?? null
