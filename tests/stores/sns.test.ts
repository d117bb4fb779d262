import { afterAll, beforeAll, expect, it } from '@jest/globals'
import request from 'supertest'
import { createBucket } from '../../src/bucket/bucket.ts'
import { findById } from '../../src/store/uploads.ts'
import { CERTIFICATE_URL, gateWith, NOW, signed } from '../support/sns.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, eventFor, put, type World } from '../support/world.ts'
import { startMinio, type RealStore } from './servers.ts'

let minio: RealStore
let world: World
const { gate, fetched } = gateWith()

beforeAll(async () => {
  minio = await startMinio(null)
  world = await createWorld({ assertSns: gate, spoil: () => createBucket(minio.config) })
})
afterAll(async () => {
  await world.close()
  await minio.close()
})

const post = (body: string, headers: Record<string, string> = {}) =>
  request(world.app)
    .post('/events/sns')
    .set({ 'content-type': 'text/plain; charset=UTF-8', ...headers })
    .send(body)

const countStored = async () =>
  (await world.store.db.selectFrom('inbox').selectAll().execute()).length

it('an upload on MinIO told of by SNS over HTTP is verified, also when the message comes twice', async () => {
  const bytes = someBytes(1000)
  const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
  expect(await put(slot, bytes)).toBe(200)

  const message = signed({ Message: eventFor(upload) })
  // What a header says of the message's type does not count.
  const lying = { 'x-amz-sns-message-type': 'SubscriptionConfirmation' }
  expect((await post(message, lying)).status).toBe(202)
  expect((await post(message)).status).toBe(202)
  expect(await countStored()).toBe(1)

  await world.broker.drainInbox(10)
  await world.work()
  expect((await findById(world.store, upload.id))?.state).toBe('ready')
  expect(fetched).toEqual([CERTIFICATE_URL])
})

it.each([
  ['tampered with', signed({}, { Message: '{}' })],
  ['of another topic', signed({ TopicArn: 'arn:aws:sns:eu-central-1:123456789012:other' })],
  ['of signature version 1', signed({ SignatureVersion: '1' })],
  ['replayed after two hours', signed({ Timestamp: new Date(NOW - 7_200_000).toISOString() })],
  ['with a certificate from elsewhere', signed({ SigningCertURL: 'https://evil.example/x.pem' })],
])('a message that is %s gets 401 and is not stored', async (_what, body) => {
  const before = await countStored()
  expect((await post(body)).status).toBe(401)
  expect(await countStored()).toBe(before)
})
