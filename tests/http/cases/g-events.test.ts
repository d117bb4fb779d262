import { afterEach, beforeEach, expect, it } from '@jest/globals'
import request from 'supertest'
import { findById } from '../../../src/store/uploads.ts'
import type { Upload } from '../../../src/upload/upload.ts'
import { requestFor, someBytes } from '../../support/uploads.ts'
import { createWorld, EVENTS_TOKEN, put, type World } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld({ assertSns: () => Promise.resolve() })
})
afterEach(() => world.close())

const post = (body: string, path = '/events/s3', headers: Record<string, string> = {}) =>
  request(world.app)
    .post(path)
    .set({ authorization: `Bearer ${EVENTS_TOKEN}`, 'content-type': 'text/plain', ...headers })
    .send(body)

/** An upload whose object is in place. */
async function arrived(): Promise<Upload> {
  const bytes = someBytes(64)
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  expect(await put(slot, bytes)).toBe(200)
  return upload
}

const eventOf = (upload: Upload, change: object = {}, object: object = {}): string =>
  JSON.stringify({ Records: [recordOf(upload, change, object)] })

const recordOf = ({ bucket, stagingKey }: Upload, change: object = {}, object: object = {}) => ({
  eventVersion: '2.1',
  eventName: 's3:ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(stagingKey), ...object } },
  ...change,
})

async function stateAfter(upload: Upload): Promise<string | undefined> {
  await world.broker.drainInbox(100)
  return (await findById(world.store, upload.id))?.state
}

const inbox = async () =>
  (await world.store.db.selectFrom('inbox').select('state').execute()).map(({ state }) => state)

it.each([
  ['of another bucket', (upload: Upload) => ({ ...upload, bucket: 'other-bucket' })],
  [
    'of a sealed copy',
    (upload: Upload) => ({
      ...upload,
      stagingKey: upload.stagingKey.replace('staging', 'objects'),
    }),
  ],
  ['of something else', (upload: Upload) => ({ ...upload, stagingKey: 'elsewhere/x' })],
])('G10 an event %s is 202 and moves nothing', async (_case, change) => {
  const upload = await arrived()
  expect((await post(eventOf(change(upload)))).status).toBe(202)
  expect(await stateAfter(upload)).toBe('pending')
})

it('G12 what an event says of size and ETag counts for nothing: the HEAD does', async () => {
  const upload = await arrived()
  const lies = { size: 7, eTag: 'ffffffffffffffffffffffffffffffff' }
  expect((await post(eventOf(upload, {}, lies))).status).toBe(202)
  expect(await stateAfter(upload)).toBe('received')
  expect((await findById(world.store, upload.id))?.observed?.size).toBe(64)
})

it.each([-1, '64', 2 ** 63, null, {}])(
  'G13 a size of %j in an event is passed over',
  async (size) => {
    const upload = await arrived()
    await post(eventOf(upload, {}, { size }))
    expect(await stateAfter(upload)).toBe('received')
  },
)

it.each(['Copy', 'CompleteMultipartUpload', 'Post', 'Put'])(
  'G16 ObjectCreated:%s at a staging key is a hint',
  async (name) => {
    const upload = await arrived()
    await post(eventOf(upload, { eventName: `s3:ObjectCreated:${name}` }))
    expect(await stateAfter(upload)).toBe('received')
  },
)

it('G15 a removal moves nothing, also when the upload is ready', async () => {
  const upload = await arrived()
  await post(eventOf(upload))
  await stateAfter(upload)
  await world.work()
  await post(eventOf(upload, { eventName: 's3:ObjectRemoved:Delete' }))
  expect(await stateAfter(upload)).toBe('ready')
})

it('G6 of a thousand records in one event each one counts, though the rest are poison', async () => {
  const uploads = await Promise.all(Array.from({ length: 5 }, arrived))
  const noise = Array.from({ length: 995 }, () => ({ eventName: 7 }))
  const Records = [...noise, ...uploads.map((upload) => recordOf(upload))]
  expect((await post(JSON.stringify({ Records }))).status).toBe(202)
  for (const upload of uploads) expect(await stateAfter(upload)).toBe('received')
})

const sns = (upload: Upload, change: object = {}): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: 'm-1',
    Message: eventOf(upload),
    ...change,
  })

it('G28 the same SNS message twice is 202 twice and one row', async () => {
  const upload = await arrived()
  for (let times = 0; times < 2; times += 1) {
    expect((await post(sns(upload), '/events/sns')).status).toBe(202)
  }
  expect(await inbox()).toHaveLength(1)
  expect(await stateAfter(upload)).toBe('received')
})

it('G31 the signed Type counts, whatever the header says', async () => {
  const upload = await arrived()
  const header = { 'x-amz-sns-message-type': 'SubscriptionConfirmation' }
  expect((await post(sns(upload), '/events/sns', header)).status).toBe(202)
  expect(await stateAfter(upload)).toBe('received')
  const other = await arrived()
  const confirmation = sns(other, { Type: 'SubscriptionConfirmation' })
  await post(confirmation, '/events/sns', { 'x-amz-sns-message-type': 'Notification' })
  expect(await stateAfter(other)).toBe('pending')
})

it('G9 G33 poison is 202, kept as such, and stops nothing that comes after it', async () => {
  const upload = await arrived()
  expect((await post(eventOf({ ...upload, stagingKey: '' }))).status).toBe(202)
  expect((await post('{"Records":[{"s3":{"object":{"key":"%zz"}}}]}')).status).toBe(202)
  expect((await post(eventOf(upload))).status).toBe(202)
  expect(await stateAfter(upload)).toBe('received')
  expect((await inbox()).filter((state) => state === 'poison').length).toBeGreaterThan(0)
})
