import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { EndpointTerms } from '../../src/broker/webhooks.ts'
import { createSender } from '../../src/webhooks/send.ts'
import { startReceivers, verified, type Receivers } from '../support/receivers.ts'
import { aSlotRequest, requestFor, someBytes } from '../support/uploads.ts'
import { sendAllDue, WEBHOOK_RULES } from '../support/webhooks.ts'
import { createTestBroker, createWorld, put, type World } from '../support/world.ts'

const TENANT = 'tenant-a'
const SCHEDULE = WEBHOOK_RULES.scheduleSeconds

let world: World
let receivers: Receivers

beforeEach(async () => {
  receivers = await startReceivers()
  world = await createWorld({ profiles: { default: {}, avatar: {} } })
})
afterEach(async () => {
  await world.close()
  await receivers.close()
})

const register = (url: string, terms: Partial<EndpointTerms> = {}) =>
  world.broker.registerWebhook(TENANT, {
    url,
    events: null,
    profiles: null,
    description: null,
    ...terms,
  })

async function cancelOne(profile = 'default'): Promise<string> {
  const { upload } = await world.broker.issueSlot(TENANT, aSlotRequest({ profile }))
  await world.broker.cancelUpload(TENANT, upload.id)
  return upload.id
}

async function readyOne(sent = someBytes(64), declared = sent): Promise<string> {
  const { upload, slot } = await world.broker.issueSlot(TENANT, requestFor(declared))
  await put(slot, sent)
  await world.broker.completeUpload(TENANT, upload.id)
  await world.work()
  return upload.id
}

const listed = async () => (await world.broker.listDeliveryPage(TENANT, {}, 200)).deliveries

describe('an upload that reaches a final state', () => {
  it('is told of once per state, with the record and a signature that the official library confirms', async () => {
    const { secret } = await register(receivers.url('ok'))
    const deleted = await readyOne()
    await world.broker.cancelUpload(TENANT, deleted)
    const canceled = await cancelOne()
    await sendAllDue(world.broker)
    await sendAllDue(world.broker)
    const told = receivers.received.map((one) => verified(one, secret))
    const { upload: expired } = await world.broker.issueSlot(TENANT, aSlotRequest())
    world.clock.advance(3600)
    await world.broker.sweepLooks(100)
    await sendAllDue(world.broker)

    const all = receivers.received.map(({ body }) => JSON.parse(body) as (typeof told)[number])
    expect(all.map(({ type, data }) => `${type} ${String(data['id'])}`).sort()).toEqual(
      [
        `upload.ready ${deleted}`,
        `upload.deleted ${deleted}`,
        `upload.canceled ${canceled}`,
        `upload.expired ${expired.id}`,
      ].sort(),
    )
    const [first] = receivers.received
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'webhook-id': `evt_${deleted}_4`,
    })
    const { data } = told.find(({ type }) => type === 'upload.ready') ?? { data: {} }
    expect(data).toMatchObject({ state: 'ready', version: 4, rejection: null })
    expect(data).not.toHaveProperty('slot')
    expect(JSON.stringify(receivers.received)).not.toContain('staging/')
  })

  it('is told to those endpoints only that listen to its tenant, its profile and that event', async () => {
    await register(receivers.url('ok', 'all'))
    await register(receivers.url('ok', 'avatars'), { profiles: ['avatar'] })
    await register(receivers.url('ok', 'ready'), { events: ['upload.ready'] })
    const theirs = {
      url: receivers.url('ok', 'b'),
      events: null,
      profiles: null,
      description: null,
    }
    await world.broker.registerWebhook('tenant-b', theirs)
    await cancelOne()
    await cancelOne('avatar')
    await sendAllDue(world.broker)
    expect(receivers.received.map(({ path }) => path).sort()).toEqual([
      'ok/all',
      'ok/all',
      'ok/avatars',
    ])
  })

  it('is told in under 20 KB, without its metadata where that does not fit', async () => {
    const { secret } = await register(receivers.url('ok'))
    const metadata = Object.fromEntries(
      Array.from({ length: 16 }, (_, nth) => [`k${nth}`, '\u0001'.repeat(512)]),
    )
    const { upload } = await world.broker.issueSlot(TENANT, aSlotRequest({ metadata }))
    await world.broker.cancelUpload(TENANT, upload.id)
    await sendAllDue(world.broker)
    const [one] = receivers.received
    if (!one) throw new Error('nothing came')
    expect(one.body.length).toBeLessThan(20_000)
    expect(verified(one, secret).data).toMatchObject({ id: upload.id, metadata: null })
  })
})

describe('a delivery that fails', () => {
  it('keeps to the schedule with the same id and bytes, and becomes a dead letter that can be sent again', async () => {
    const { secret } = await register(receivers.url('flaky'))
    receivers.mood.status = 500
    await cancelOne()
    const delays: number[] = []
    for (let step = 0; step < SCHEDULE.length; step += 1) {
      expect(await sendAllDue(world.broker)).toBe(1)
      const [row] = await listed()
      if (row?.due_at === null || row === undefined) break
      delays.push((row.due_at - world.clock.now().getTime()) / 1000)
      // Not a moment earlier.
      expect(await sendAllDue(world.broker)).toBe(0)
      world.clock.advance((delays.at(-1) ?? 0) + 0.01)
    }
    delays.forEach((delay, index) => {
      const step = SCHEDULE[index + 1] ?? 0
      expect(delay).toBeGreaterThan(step * 0.89)
      expect(delay).toBeLessThan(step * 1.11)
    })
    expect(receivers.received).toHaveLength(SCHEDULE.length)
    expect((await listed())[0]).toMatchObject({
      state: 'dead',
      attempts: SCHEDULE.length,
      last_status: 500,
      last_error: 'answered 500',
    })

    const [{ id } = { id: '' }] = await listed()
    receivers.mood.status = 200
    await world.broker.redeliver(TENANT, id)
    await sendAllDue(world.broker)
    expect((await listed())[0]).toMatchObject({ state: 'delivered', last_status: 200 })
    const ids = new Set(receivers.received.map(({ headers }) => headers['webhook-id']))
    const bodies = new Set(receivers.received.map(({ body }) => body))
    expect([ids.size, bodies.size]).toEqual([1, 1])
    const [first] = receivers.received
    if (first) expect(verified(first, secret).type).toBe('upload.canceled')
  })

  it('waits as long as Retry-After asks for, and never longer than a day', async () => {
    const { webhook: patient } = await register(receivers.url('patience'))
    const { webhook: endless } = await register(receivers.url('forever'))
    await cancelOne()
    await sendAllDue(world.broker)
    const now = world.clock.now().getTime()
    const waits = new Map((await listed()).map((row) => [row.webhook_id, (row.due_at ?? 0) - now]))
    expect(Math.round((waits.get(patient.id) ?? 0) / 1000)).toBe(600)
    expect(Math.round((waits.get(endless.id) ?? 0) / 1000)).toBe(86_400)
  })

  it.each([
    ['missing', 'answered 404'],
    ['reset', 'ECONNRESET'],
    ['half', 'ECONNRESET'],
  ] as const)('is tried again after %s, and says why', async (manner, error) => {
    await register(receivers.url(manner))
    await cancelOne()
    await sendAllDue(world.broker)
    expect(await listed()).toMatchObject([{ state: 'pending', attempts: 1, last_error: error }])
  })

  it('J9 does not follow a redirect, which is a failure like others', async () => {
    const leading = await startReceivers({ redirectTo: receivers.url('flaky', 'next-door') })
    await register(leading.url('redirect'))
    await cancelOne()
    await sendAllDue(world.broker)
    await leading.close()
    expect(await listed()).toMatchObject([{ attempts: 1, last_error: 'answered 302' }])
    expect(receivers.of('flaky/next-door')).toEqual([])
  })

  it('disables its endpoint when that is gone: nothing pends, nothing is lost, all can be sent later', async () => {
    const { webhook } = await register(receivers.url('gone'))
    await cancelOne()
    await cancelOne()
    const [claim] = await world.broker.claimFor(webhook.id, 1)
    if (claim) await world.broker.deliver(claim, new AbortController().signal)
    expect(await world.broker.findWebhook(TENANT, webhook.id)).toMatchObject({
      state: 'disabled',
      disabled_reason: 'the endpoint answered 410',
    })
    await cancelOne()
    await world.broker.sweepDeliveries(100)
    expect((await listed()).map(({ state }) => state)).toEqual(['dead', 'dead', 'dead'])
    expect(await sendAllDue(world.broker)).toBe(0)
    const [{ id } = { id: '' }] = await listed()
    await expect(world.broker.redeliver(TENANT, id)).rejects.toThrow('illegal-state')
    await world.broker.enableWebhook(TENANT, webhook.id)
    await world.broker.redeliver(TENANT, id)
    expect(await sendAllDue(world.broker)).toBe(1)
  })

  it('disables its endpoint after five days of nothing but failures; one success starts them anew', async () => {
    const { webhook } = await register(receivers.url('flaky'))
    const state = async () => (await world.broker.findWebhook(TENANT, webhook.id)).state
    const failOnce = async (): Promise<void> => {
      receivers.mood.status = 500
      await cancelOne()
      await sendAllDue(world.broker)
    }
    await failOnce()
    world.clock.advance(4 * 86_400)
    receivers.mood.status = 200
    await sendAllDue(world.broker)
    await failOnce()
    world.clock.advance(4 * 86_400)
    await failOnce()
    expect(await state()).toBe('enabled')
    world.clock.advance(86_400)
    await failOnce()
    expect(await state()).toBe('disabled')
  })
})

describe('an attempt', () => {
  it('that was cut off after sending is made again when its lease ends, with the same id, and costs no step', async () => {
    await register(receivers.url('ok'))
    await cancelOne()
    const real = createSender(WEBHOOK_RULES)
    const killed = createTestBroker({
      ...world,
      profiles: { default: {} },
      sender: {
        ...real,
        send: async (message, stop) => {
          await real.send(message, stop)
          throw new Error('killed')
        },
      },
    })
    await expect(sendAllDue(killed)).rejects.toThrow('killed')
    expect(await sendAllDue(world.broker)).toBe(0)
    world.clock.advance(31)
    expect(await sendAllDue(world.broker)).toBe(1)
    const [first, second] = receivers.received
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(second?.body).toBe(first?.body)
    expect(await listed()).toMatchObject([{ state: 'delivered', attempts: 1 }])
    real.close()
  })

  it('that the node’s stop cuts off is due again at once, and costs no step', async () => {
    const { webhook } = await register(receivers.url('hang'))
    await cancelOne()
    const stop = new AbortController()
    const [claim] = await world.broker.claimFor(webhook.id, 1)
    if (!claim) throw new Error('nothing was due')
    const attempt = world.broker.deliver(claim, stop.signal)
    stop.abort()
    await attempt
    const [row] = await listed()
    expect([row?.state, row?.attempts]).toEqual(['pending', 0])
    expect(row?.due_at).toBeLessThanOrEqual(world.clock.now().getTime())
  })

  it('is made by one of two nodes only', async () => {
    const { webhook } = await register(receivers.url('ok'))
    for (let nth = 0; nth < 20; nth += 1) await cancelOne()
    const second = createTestBroker({ ...world, profiles: { default: {} } })
    const claims = await Promise.all(
      [world.broker, second].map((broker) => broker.claimFor(webhook.id, 15)),
    )
    const ids = claims.flat().map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(20)
  })

  it('reads 4 KiB of an endless answer and counts the success that it began with', async () => {
    await register(receivers.url('endless'))
    await cancelOne()
    await sendAllDue(world.broker)
    expect(await listed()).toMatchObject([{ state: 'delivered', last_status: 200 }])
    expect(receivers.bytesSent()).toBeLessThan(16 * 2 ** 20)
  })

  it('keeps its connection for the next one', async () => {
    await register(receivers.url('ok'))
    for (let nth = 0; nth < 5; nth += 1) {
      await cancelOne()
      await sendAllDue(world.broker)
    }
    expect([receivers.received.length, receivers.connections()]).toEqual([5, 1])
  })

  it('is signed by both secrets while they are changed over, and by the new one alone afterwards', async () => {
    const { webhook, secret: old } = await register(receivers.url('ok'))
    const rotation = { id: webhook.id, overlapSeconds: 60 }
    const { secret: fresh } = await world.broker.rotateSecret(TENANT, rotation)
    await cancelOne()
    await sendAllDue(world.broker)
    const [both] = receivers.received
    if (!both) throw new Error('nothing came')
    for (const secret of [old, fresh]) expect(verified(both, secret).type).toBe('upload.canceled')
    world.clock.advance(61)
    await cancelOne()
    await sendAllDue(world.broker)
    const one = receivers.received[1]
    if (!one) throw new Error('nothing came')
    expect(one.headers['webhook-signature']).not.toContain(' ')
    expect(verified(one, fresh).type).toBe('upload.canceled')
    expect(() => verified(one, old)).toThrow()
  })
})

describe('what was delivered, or is dead', () => {
  it('goes with its events when it has been kept long enough', async () => {
    await register(receivers.url('ok'))
    await cancelOne()
    await sendAllDue(world.broker)
    await world.broker.sweepDeliveries(100)
    expect(await listed()).toHaveLength(1)
    world.clock.advance(WEBHOOK_RULES.deliveredKeptSeconds + 1)
    await world.broker.sweepDeliveries(100)
    await world.broker.sweepDeliveries(100)
    expect(await listed()).toEqual([])
    const events = await world.store.db.selectFrom('webhook_events').selectAll().execute()
    expect(events).toEqual([])
  })

  it('leaves no tombstone of a deleted endpoint, and no delivery that pends for ever', async () => {
    const { webhook } = await register(receivers.url('broken'))
    await cancelOne()
    await sendAllDue(world.broker)
    await world.broker.removeWebhook(TENANT, webhook.id)
    await world.broker.sweepDeliveries(100)
    expect(await listed()).toMatchObject([{ state: 'dead' }])
    world.clock.advance(3601)
    await world.broker.sweepDeliveries(100)
    expect(await world.store.db.selectFrom('webhooks').selectAll().execute()).toEqual([])
  })
})
