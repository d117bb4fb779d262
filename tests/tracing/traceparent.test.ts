import { describe, expect, it } from '@jest/globals'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { beginSpan } from '../../src/tracing/span.ts'
import { contextOf, traceparentOf } from '../../src/tracing/traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('contextOf', () => {
  it.each([
    ['a sampled one', `00-${TRACE}-${SPAN}-01`, 1],
    ['one that is not sampled', `00-${TRACE}-${SPAN}-00`, 0],
    ['a later version, with more behind it', `01-${TRACE}-${SPAN}-01-more`, 1],
  ])('takes %s', (_what, traceparent, traceFlags) => {
    const found = trace.getSpanContext(contextOf(traceparent) ?? ROOT_CONTEXT)
    expect(found).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true })
  })

  it.each([
    ['none', null],
    ['nothing', ''],
    ['no trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['no span', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['the forbidden version', `ff-${TRACE}-${SPAN}-01`],
    ['more behind this version', `00-${TRACE}-${SPAN}-01-more`],
    ['two in one', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['a line break', `00-${TRACE}-${SPAN}-01\r\nset-cookie: a=b`],
    ['a novel', `01-${TRACE}-${SPAN}-01-${'x'.repeat(300)}`],
  ])('takes %s for none', (_what, traceparent) => {
    expect(contextOf(traceparent)).toBeNull()
  })
})

describe('a span in a process without an SDK', () => {
  it('records nothing, and passes on what came in, or nothing', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`
    const { span } = beginSpan('any', { kind: 'server', traceparent })
    expect(span.isRecording()).toBe(false)
    expect(traceparentOf(span)).toBe(traceparent)
    expect(traceparentOf(beginSpan('any', { kind: 'server' }).span)).toBeNull()
  })
})
