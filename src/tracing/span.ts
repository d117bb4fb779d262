/** Spans by OpenTelemetry's API: without an SDK in the process, each is a few calls that do nothing. */

import {
  context,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'
import { contextOf } from './traceparent.ts'

export type SpanTerms = {
  /** `server` answers somebody, `client` asks somebody, `internal` is our own work. */
  kind: 'server' | 'client' | 'internal'
  /** Never a key, a URL or a secret. */
  facts?: Attributes
  /** What was kept of the request that began it all; without it, whatever is under way is the parent. */
  traceparent?: string | null
}

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const

export function inSpan<T>(
  name: string,
  terms: SpanTerms,
  run: (span: Span) => Promise<T>,
): Promise<T> {
  const { span, within } = beginSpan(name, terms)
  return context.with(within, async () => {
    try {
      return await run(span)
    } catch (error) {
      failed(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** For work that ends elsewhere: whoever begins it has to end it. */
export function beginSpan(
  name: string,
  { kind, facts = {}, traceparent = null }: SpanTerms,
): { span: Span; within: Context } {
  const parent = contextOf(traceparent) ?? context.active()
  const span = trace
    .getTracer('berth')
    .startSpan(name, { kind: KINDS[kind], attributes: facts }, parent)
  return { span, within: trace.setSpan(parent, span) }
}

/** Its name alone: a message may hold what no trace should. */
function failed(span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown')
  span.setStatus({ code: SpanStatusCode.ERROR })
}
