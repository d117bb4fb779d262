import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Job } from '../../src/jobs/every.ts'
import { startDispatcher } from '../../src/jobs/dispatch.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { startReceivers, verified, type Receivers } from '../support/receivers.ts'
import { createTwoNodes, type TwoNodes } from '../support/two-nodes.ts'
import { aSlotRequest, requestFor, someBytes } from '../support/uploads.ts'
import { sendAllDue } from '../support/webhooks.ts'
import { createWorld, put, type World } from '../support/world.ts'

const UPLOADS = 60
const never = new AbortController().signal

let postgres: Postgres
let receivers: Receivers
let pair: TwoNodes

beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.close())

const terms = (url: string) => ({ url, events: null, profiles: null, description: null })

/** As the service starts it. */
const dispatch = ({ broker }: World): Job =>
  startDispatcher(
    {
      concurrency: 16,
      isDue: broker.isDeliveryDue,
      dueTo: broker.dueEndpoints,
      claim: broker.claimFor,
      run: broker.deliver,
    },
    // On a slow machine a write may miss its turn; what it was about comes again.
    () => undefined,
  )

async function cancelOne({ broker }: World): Promise<string> {
  const { upload } = await broker.issueSlot('tenant-a', aSlotRequest())
  await broker.cancelUpload('tenant-a', upload.id)
  return upload.id
}

describe.each([
  ['SQLite', () => Promise.resolve({})],
  ['PostgreSQL', async () => ({ databaseUrl: await postgres.newDatabase() })],
])('two nodes on %s', (_name, place) => {
  beforeEach(async () => {
    receivers = await startReceivers()
    pair = await createTwoNodes(await place())
  })
  afterEach(async () => {
    await pair.close()
    await receivers.close()
  })

  it('tell of a verified upload with its record, signed, and what one announces the other sends', async () => {
    const [one, other] = pair.nodes
    const endpoint = await other.broker.registerWebhook('tenant-a', terms(receivers.url('ok')))
    const bytes = someBytes(64)
    const { upload, slot } = await one.broker.issueSlot('tenant-a', requestFor(bytes))
    await put(slot, bytes)
    await one.broker.completeUpload('tenant-a', upload.id)
    await one.work()
    expect(await sendAllDue(other.broker)).toBe(1)

    const [received] = receivers.received
    if (!received) throw new Error('nothing arrived')
    expect(received.headers['webhook-id']).toBe(`evt_${upload.id}_4`)
    const { type, data } = verified(received, endpoint.secret)
    expect(type).toBe('upload.ready')
    const ready = await one.broker.awaitUpload('tenant-a', upload.id, { seconds: 0, signal: never })
    expect(data).toMatchObject({
      id: upload.id,
      state: 'ready',
      version: 4,
      object: { sha256: ready.object?.sha256, size: 64, key: ready.sealedKey },
    })
    const { deliveries } = await one.broker.listDeliveryPage('tenant-a', {}, 9)
    expect(deliveries).toMatchObject([{ state: 'delivered', attempts: 1, last_status: 200 }])
  })

  it('send every event once between them, however hard both dispatchers try', async () => {
    const urls = ['a', 'b', 'c'].map((name) => receivers.url('ok', name))
    for (const url of urls) await pair.nodes[0].broker.registerWebhook('tenant-a', terms(url))
    const dispatchers = pair.nodes.map(dispatch)
    const ids = await Promise.all(
      Array.from({ length: UPLOADS }, (_, nth) => cancelOne(pair.nodes[nth % 2 === 0 ? 0 : 1])),
    )
    await until(
      'all to arrive',
      () => Promise.resolve(receivers.received.length >= UPLOADS * urls.length),
      80,
    )
    await Promise.all(dispatchers.map((each) => each.stop()))
    expect(await pair.nodes[0].broker.isDeliveryDue()).toBe(false)
    for (const name of ['a', 'b', 'c']) {
      const told = receivers.of(`ok/${name}`).map(({ headers }) => headers['webhook-id'])
      expect(told.sort()).toEqual(ids.map((id) => `evt_${id}_2`).sort())
    }
  }, 100_000)

  it('repeat what a dead node had begun once its lease is over, not before, with the same id and bytes', async () => {
    const [dead, other] = pair.nodes
    const { webhook } = await dead.broker.registerWebhook('tenant-a', terms(receivers.url('hang')))
    await cancelOne(dead)
    const [claim] = await dead.broker.claimFor(webhook.id, 1)
    if (!claim) throw new Error('one is due')
    const stop = new AbortController()
    const frozen = dead.broker.deliver(claim, stop.signal)
    await until('the first attempt', () => Promise.resolve(receivers.received.length === 1))

    other.clock.advance(29)
    expect(await other.broker.claimFor(webhook.id, 1)).toEqual([])
    other.clock.advance(2)
    const [again] = await other.broker.claimFor(webhook.id, 1)
    if (!again) throw new Error('the lease is over')
    expect(again).toEqual({ ...claim, claim: claim.claim + 1 })
    const repeated = other.broker.deliver(again, stop.signal)
    await until('the second attempt', () => Promise.resolve(receivers.received.length === 2))
    const [first, second] = receivers.received
    expect(second?.body).toBe(first?.body)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])

    // The dead node comes back with a claim that is over: it neither sends nor says anything.
    await dead.broker.deliver(claim, never)
    expect(receivers.received).toHaveLength(2)
    stop.abort()
    await Promise.all([frozen, repeated])
    const { deliveries } = await other.broker.listDeliveryPage('tenant-a', {}, 9)
    expect(deliveries).toMatchObject([{ state: 'pending', attempts: 0, claim: 2 }])
  })
})

describe('a node on PostgreSQL', () => {
  it('sends nothing twice when the database crashes while a receiver answers, and is back in time', async () => {
    const world = await createWorld({ databaseUrl: await postgres.newDatabase() })
    let attempts = 0
    const receiver = createServer((_req, res) => {
      attempts += 1
      void postgres.crash().then(() => {
        res.end('so be it')
        setTimeout(() => void postgres.start(), 1_000)
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const { port } = receiver.address() as AddressInfo
    await world.broker.registerWebhook('tenant-a', terms(`http://127.0.0.1:${port}/`))
    await cancelOne(world)
    expect(await sendAllDue(world.broker)).toBe(1)

    world.clock.advance(31)
    expect(await sendAllDue(world.broker)).toBe(0)
    expect(attempts).toBe(1)
    const { deliveries } = await world.broker.listDeliveryPage('tenant-a', {}, 9)
    expect(deliveries).toMatchObject([{ state: 'delivered', attempts: 1 }])
    await world.close()
    await new Promise((resolve) => {
      receiver.close(resolve)
      receiver.closeAllConnections()
    })
  }, 60_000)
})
