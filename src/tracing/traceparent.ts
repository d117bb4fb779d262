/** The W3C trace context in its one line, as requests bring it, rows keep it and webhooks carry it on. */

import {
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api'

const IDS = '([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})'
/** Of later versions, what follows the flags is not ours to read. */
const TRACEPARENT = new RegExp(`^(?:00-${IDS}$|(?!00|ff)[0-9a-f]{2}-${IDS}(?:-|$))`)

const LONGEST = 256

/** Null: none, or one that nobody could have meant. */
export function contextOf(traceparent: string | null): Context | null {
  if (traceparent === null || traceparent.length > LONGEST) return null
  const [, ...groups]: (string | undefined)[] = TRACEPARENT.exec(traceparent) ?? []
  const [traceId = '', spanId = '', flags = ''] = groups.filter((group) => group !== undefined)
  const found = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
  return isSpanContextValid(found) ? trace.setSpanContext(ROOT_CONTEXT, found) : null
}

/** Without an SDK a span has the context of its parent, so what came in goes out as it was. */
export function traceparentOf(span: Span): string | null {
  const found = span.spanContext()
  if (!isSpanContextValid(found)) return null
  const flags = found.traceFlags.toString(16).padStart(2, '0')
  return `00-${found.traceId}-${found.spanId}-${flags}`
}
