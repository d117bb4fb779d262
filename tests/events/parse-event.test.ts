import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import type { EventSource } from '../../src/broker/hint.ts'
import { parseEvent } from '../../src/events/parse-event.ts'

type Fixture = { source: EventSource; body: string; hints: [string, string, string][] }

const FOLDER = 'tests/fixtures/events'
const fixtures = readdirSync(FOLDER).map((name): [string, Fixture] => [
  name,
  JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8')) as Fixture,
])

const SOURCES: EventSource[] = ['s3', 'sns', 'eventbridge', 'sqs']
const GENERATED = Number(process.env['EVENT_RUNS'] ?? 100_000)

const record = (object: object, more: object = {}) => ({
  eventName: 's3:ObjectCreated:Put',
  s3: { bucket: { name: 'b' }, object },
  ...more,
})
const s3 = (...records: object[]) => JSON.stringify({ Records: records })
const created = (key: string, source: EventSource = 's3') => ({
  bucket: 'b',
  key,
  kind: 'created' as const,
  source,
})

describe('parseEvent', () => {
  it.each(fixtures)('reads %s as its sender meant it', (_name, { source, body, hints }) => {
    const read = parseEvent(source, body) ?? []
    expect(read.map(({ bucket, key, kind }) => [bucket, key, kind])).toEqual(hints)
  })

  it.each<[string, EventSource, string, ReturnType<typeof parseEvent>]>([
    ['G3 an empty ping', 's3', ' \n', []],
    ['G4 what is not JSON', 's3', 'nope', null],
    ['G6 no Records', 's3', '{}', null],
    ['G6 empty Records', 's3', '{"Records":[]}', []],
    ['G7 a form-encoded key', 's3', s3(record({ key: 'stg%2Fa+b%2Bc' })), [created('stg/a b+c')]],
    ['G9 a bad escape', 's3', s3(record({ key: '%zz' })), null],
    ['G9 half a character', 's3', s3(record({ key: '%ff' })), null],
    ['an empty key', 's3', s3(record({ key: '' })), null],
    ['G13 absurd sizes', 's3', s3(record({ key: 'k', size: -1, eTag: 7 })), [created('k')]],
    ['G18 version 2.99', 's3', s3(record({ key: 'k' }, { eventVersion: '2.99' })), [created('k')]],
    ['G18 version 3.0', 's3', s3(record({ key: 'k' }, { eventVersion: '3.0' })), null],
    ['G19 a test event', 's3', '{"Event":"s3:TestEvent"}', []],
    ['a good record beside a bad one', 's3', s3(record({ key: 'k' }), {}), [created('k')]],
    [
      'G15 a removal',
      's3',
      s3(record({ key: 'k' }, { eventName: 'ObjectRemoved:Delete' })),
      [{ bucket: 'b', key: 'k', kind: 'removed', source: 's3' }],
    ],
    ['another happening', 's3', s3(record({ key: 'k' }, { eventName: 'ObjectTagging:Put' })), []],
    ['G33 an envelope around anything', 'sns', sns('"hello"'), null],
    ['an envelope around an event', 'sns', sns(s3(record({ key: 'k' }))), [created('k', 'sns')]],
    ['a confirmation', 'sns', sns('x', 'SubscriptionConfirmation'), []],
    ['G34 another product', 'eventbridge', bridge({ source: 'my.app' }), []],
    ['G36 several at once', 'eventbridge', `[${bridge()},${bridge()}]`, [bridged(), bridged()]],
    ['a rule behind a queue', 'sqs', bridge(), [{ ...bridged(), source: 'sqs' }]],
    ['a topic behind a queue', 'sqs', sns(s3(record({ key: 'k' }))), [created('k', 'sqs')]],
    ['a bucket behind a queue', 'sqs', s3(record({ key: 'k' })), [created('k', 'sqs')]],
  ])('understands %s', (_case, source, body, expected) => {
    expect(parseEvent(source, body)).toEqual(expected)
  })

  it('reads each of a thousand records', () => {
    const keys = Array.from({ length: 1_000 }, (_, nth) => `k${nth}`)
    const read = parseEvent('s3', s3(...keys.map((key) => record({ key }))))
    expect(read?.map(({ key }) => key)).toEqual(keys)
  })
})

function sns(message: string, type = 'Notification'): string {
  return JSON.stringify({ Type: type, MessageId: 'm', TopicArn: 't', Message: message })
}

function bridge(change: object = {}): string {
  return JSON.stringify({
    source: 'aws.s3',
    'detail-type': 'Object Created',
    detail: { bucket: { name: 'b' }, object: { key: 'a+b %' } },
    ...change,
  })
}

function bridged() {
  return created('a+b %', 'eventbridge')
}

// Bodies that are nearly right: the shapes of real events with anything in their places.
const anything = fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 }))
const key = fc.oneof(fc.string({ unit: 'binary' }), fc.webPath(), fc.constant('%E0%A4%A'))
const nearlyS3 = fc
  .array(
    fc.record(
      {
        eventName: fc.oneof(
          fc.constantFrom('ObjectCreated:Put', 's3:ObjectRemoved:Delete'),
          anything,
        ),
        eventVersion: fc.oneof(fc.constantFrom('2.0', '3.0'), anything),
        s3: fc.oneof(
          fc.record({
            bucket: fc.record({ name: fc.string() }),
            object: fc.record({ key, size: anything }),
            configurationId: fc.constantFrom('webhook-global', 'q'),
          }),
          anything,
        ),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 3 },
  )
  .map((Records) => JSON.stringify({ Records }))
const nearlySns = nearlyS3.chain((message) =>
  fc.constantFrom('Notification', 'Other').map((type) => sns(message, type)),
)
const nearlyBridge = fc
  .record({
    detail: fc.oneof(fc.record({ bucket: anything, object: fc.record({ key }) }), anything),
  })
  .map((change) => bridge(change))
const body = fc.oneof(nearlyS3, nearlySns, nearlyBridge, fc.json(), fc.string({ unit: 'binary' }))

describe.each(SOURCES)('the reader of %s', (source) => {
  it(`never throws and never makes up a key, over ${GENERATED} bodies`, () => {
    fc.assert(
      fc.property(body, (text) => {
        for (const hint of parseEvent(source, text) ?? []) {
          expect(isNamedBy(text, hint.key)).toBe(true)
        }
      }),
      { numRuns: GENERATED },
    )
  }, 300_000)

  it.each([
    ['open brackets', (n: number) => '['.repeat(50 * n)],
    ['one long key', (n: number) => s3(record({ key: '+'.repeat(49 * n) }))],
    ['escapes', (n: number) => s3(record({ key: '%25'.repeat(16 * n) }))],
    ['bad escapes', (n: number) => s3(record({ key: '%'.repeat(49 * n) }))],
    ['many empty records', (n: number) => `{"Records":[${'{},'.repeat(16 * n)}{}]}`],
    [
      'a long event name',
      (n: number) => s3(record({ key: 'k' }, { eventName: 's3:'.repeat(16 * n) })),
    ],
    ['white space', (n: number) => ' '.repeat(50 * n)],
  ])(
    'reads 400 KB of %s in the time of eight times 50 KB, and not of sixty-four',
    (_case, text) => {
      const short = fastestMs(source, text(1_000))
      const long = fastestMs(source, text(8_000))
      expect(long).toBeLessThan(30 * Math.max(short, SHORTEST_MS))
    },
  )
})

/** Below this a clock tells nothing. */
const SHORTEST_MS = 0.1

/** The fastest of ten: a slow algorithm is slow every time, a busy machine is not. */
function fastestMs(source: (typeof SOURCES)[number], text: string): number {
  const times = Array.from({ length: 10 }, () => {
    const before = performance.now()
    parseEvent(source, text)
    return performance.now() - before
  })
  return Math.min(...times)
}

/** The key, raw or form-encoded, is a string somewhere in the body. */
function isNamedBy(text: string, found: string): boolean {
  const strings: string[] = []
  const collect = (value: unknown): void => {
    if (typeof value === 'string') {
      strings.push(value, formDecoded(value))
      const inner = tryJson(value)
      if (typeof inner === 'object') collect(inner)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect)
  }
  collect(tryJson(text))
  return strings.includes(found)
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
