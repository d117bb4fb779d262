import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import request from 'supertest'
import { measureBucket } from '../../src/bucket/measure-bucket.ts'
import type { Slot } from '../../src/bucket/slots.ts'
import { startReceivers, type Receivers } from '../support/receivers.ts'
import { sendAllDue } from '../support/webhooks.ts'
import { createWorld, put, type World } from '../support/world.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${CALLER}-01`
const BYTES = Buffer.from('hello')
const BODY = { filename: 'secret-name.txt', contentType: 'text/plain', size: BYTES.length }

let world: World
let receivers: Receivers
beforeEach(async () => {
  receivers = await startReceivers()
  const meter = { storeCall: () => undefined, signed: () => undefined }
  world = await createWorld({ spoil: (bucket) => measureBucket(bucket, meter) })
  const terms = { events: null, profiles: null, description: null }
  await world.broker.registerWebhook('tenant-a', { url: receivers.url('ok'), ...terms })
})
afterEach(async () => {
  await world.close()
  await receivers.close()
})

/** From the slot to the webhook. */
async function wholeLife(headers: Record<string, string>): Promise<void> {
  const key = await world.newKey()
  const answer = await request(world.app)
    .post('/v1/uploads')
    .set({ authorization: `Bearer ${key}`, ...headers })
    .send(BODY)
  expect(answer.status).toBe(201)
  const { id, slot } = answer.body as { id: string; slot: Slot }
  expect(await put(slot, BYTES)).toBe(200)
  await world.broker.completeUpload('tenant-a', id)
  await world.work()
  expect(await sendAllDue(world.broker)).toBe(1)
}

const contextSent = () => receivers.received.map(({ headers }) => headers['traceparent'])

describe('an upload in a process that has an SDK', () => {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(provider)
  })
  afterAll(async () => {
    trace.disable()
    context.disable()
    await provider.shutdown()
  })
  afterEach(() => exporter.reset())

  const named = (name: string): ReadableSpan => {
    const found = exporter.getFinishedSpans().find((span) => span.name === name)
    if (!found) throw new Error(`no span ${name}`)
    return found
  }
  const parentOf = (name: string) => named(name).parentSpanContext?.spanId
  const idOf = (name: string) => named(name).spanContext().spanId

  it("is one trace, the caller's: request, signing, verification, store calls and webhook", async () => {
    await wholeLife({ traceparent: TRACEPARENT })
    const created = 'POST /v1/uploads'
    expect(parentOf(created)).toBe(CALLER)
    expect(named(created).attributes).toMatchObject({
      'http.route': '/v1/uploads',
      'http.response.status_code': 201,
    })
    expect(parentOf('sign')).toBe(idOf(created))
    expect(parentOf('upload.verify')).toBe(idOf(created))
    expect(parentOf('store.claim')).toBe(idOf('upload.verify'))
    expect(parentOf('store.read')).toBe(idOf('upload.verify'))
    expect(parentOf('webhook.attempt')).toBe(idOf(created))
    for (const name of [created, 'upload.verify', 'webhook.attempt']) {
      expect(named(name).spanContext().traceId).toBe(TRACE)
    }
    expect(contextSent()).toEqual([`00-${TRACE}-${idOf('webhook.attempt')}-01`])
  })

  it('begins a trace of its own where the caller has none', async () => {
    await wholeLife({})
    const { traceId } = named('POST /v1/uploads').spanContext()
    expect(named('webhook.attempt').spanContext().traceId).toBe(traceId)
    expect(contextSent()).toEqual([`00-${traceId}-${idOf('webhook.attempt')}-01`])
  })

  it('tells no span a key, a file name, a URL or a secret', async () => {
    await wholeLife({ traceparent: TRACEPARENT })
    const told = JSON.stringify(
      exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes]),
    )
    expect(told).not.toMatch(/staging\/|objects\/|X-Amz|https?:|secret|berth_/)
  })

  it('marks what failed: a call of the store, and a webhook that was refused', async () => {
    const failing = measureBucket(
      { ...world.bucket, check: () => Promise.reject(new TypeError('with a secret')) },
      { storeCall: () => undefined, signed: () => undefined },
    )
    await expect(failing.check()).rejects.toThrow()
    expect(named('store.check')).toMatchObject({
      status: { code: 2 },
      attributes: { 'error.type': 'TypeError' },
    })
    expect(JSON.stringify(named('store.check').attributes)).not.toContain('with a secret')
  })
})

describe('an upload in a process without one', () => {
  it('carries what the caller sent to the webhook, as it was', async () => {
    await wholeLife({ traceparent: TRACEPARENT })
    expect(contextSent()).toEqual([TRACEPARENT])
  })

  it('sends none when there was none, or one that nobody could have meant', async () => {
    await wholeLife({})
    await wholeLife({ traceparent: '00-nonsense-01' })
    expect(contextSent()).toEqual([undefined, undefined])
  })

  it('carries it from a batch, too', async () => {
    const key = await world.newKey()
    const answer = await request(world.app)
      .post('/v1/uploads/batch')
      .set({ authorization: `Bearer ${key}`, traceparent: TRACEPARENT })
      .send({ uploads: [BODY] })
    const [{ upload }] = (answer.body as { results: [{ upload: { id: string } }] }).results
    await world.broker.cancelUpload('tenant-a', upload.id)
    await sendAllDue(world.broker)
    expect(contextSent()).toEqual([TRACEPARENT])
  })
})
