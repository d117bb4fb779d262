/** Endpoints, the outbox and its deliveries, on one node and on two. */

import { describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { advance } from '../../src/store/advance.ts'
import {
  findDelivery,
  listDeliveries,
  restartDelivery,
  type DeliveryRow,
} from '../../src/store/deliveries.ts'
import {
  claimDeliveries,
  findDispatch,
  isAnythingDue,
  listDueEndpoints,
  type Claim,
} from '../../src/store/delivery-queue.ts'
import { recordDelivered, recordFailed, releaseClaim } from '../../src/store/delivery-results.ts'
import {
  buryUndeliverable,
  deleteEmptyWebhooks,
  deleteSettledDeliveries,
  measureOutbox,
} from '../../src/store/delivery-sweeps.ts'
import type { Trx } from '../../src/store/idempotency.ts'
import { announceTo } from '../../src/store/outbox.ts'
import type { Store } from '../../src/store/store.ts'
import { recordEnded, recordReopened } from '../../src/store/transitions.ts'
import {
  changeWebhook,
  deletion,
  ENABLED,
  findWebhook,
  insertWebhook,
  listWebhooks,
  type NewWebhook,
} from '../../src/store/webhooks.ts'
import { testAnnouncement } from '../../src/upload/announcement.ts'
import { aWebhook } from '../support/webhooks.ts'
import { after, byWorker, foreignKeyFailure, moved, now, type Fixture } from './store-fixture.ts'

const LEASE = { now, until: after(30) }

const aFailure = (change: object = {}) => ({
  at: now,
  status: 500,
  error: 'answered 500',
  dueAt: after(5),
  disable: null,
  hopelessSince: after(-1000),
  hopelessReason: 'nothing but failures',
  ...change,
})

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id).sort()

export function describeWebhooks(f: Fixture): void {
  const register = (id: string, change: Partial<NewWebhook> = {}) =>
    insertWebhook(f.store, aWebhook(id, change), 100)
  const cancelOne = async (change: { tenant?: string; profile?: string } = {}) => {
    const { id } = await moved(recordEnded(f.store, await f.pending(change), 'canceled', byWorker))
    return id
  }
  const waiting = async (webhookId: string, count: number): Promise<void> => {
    await register(webhookId)
    for (let nth = 0; nth < count; nth += 1) {
      const announcement = testAnnouncement(`${webhookId}${nth}`, webhookId, now)
      const receiver = { id: webhookId, tenant: 't', state: 'enabled' as const }
      await announceTo(f.store, announcement, receiver, now)
    }
  }
  const deliveries = (filter = {}): Promise<DeliveryRow[]> =>
    listDeliveries(f.store, 't', filter, 200)
  const events = () => f.store.db.selectFrom('webhook_events').select('id').execute()
  const oneClaim = async (webhookId: string, at = now): Promise<Claim> => {
    const lease = { now: at, until: new Date(at.getTime() + 30_000) }
    const [claim] = await claimDeliveries(f.store, webhookId, lease, 1)
    if (!claim) throw new Error('nothing is due')
    return claim
  }

  describe('an endpoint', () => {
    it('comes back as it was put in, with numbers as numbers and lists as text', async () => {
      const events = JSON.stringify(['upload.ready'])
      const put = aWebhook('wh_a', { events, description: `é 漢 🦆 "'` })
      const shown = { ...put, place: 0, state: 'enabled', failures: 0, failing_since: null }
      expect(await insertWebhook(f.store, put, 100)).toMatchObject(shown)
      expect(await findWebhook(f.store, 't', 'wh_a')).toMatchObject(shown)
      expect(await listWebhooks(f.store, 't')).toMatchObject([shown])
      expect(await findWebhook(f.store, 'another', 'wh_a')).toBeNull()
    })

    it('is one of so many and no more, of thirty that are registered at once on two nodes', async () => {
      const made = await f.withAnother((other) =>
        Promise.all(
          Array.from({ length: 30 }, (_, nth) =>
            insertWebhook(nth % 2 === 0 ? f.store : other, aWebhook(`wh_${nth}`), 7),
          ),
        ),
      )
      expect(made.filter((one) => one !== null)).toHaveLength(7)
      expect(await listWebhooks(f.store, 't')).toHaveLength(7)
    })

    it('is changed by one of two that know the same secret, and leaves its place when deleted', async () => {
      const row = await register('wh_a')
      const known = { id: 'wh_a', secret: row?.secret ?? '' }
      const changes = await f.withAnother((other) =>
        Promise.all([
          changeWebhook(f.store, known, { secret: 'one' }),
          changeWebhook(other, known, { secret: 'two' }),
        ]),
      )
      const [won, ...others] = changes.filter((one) => one !== null)
      expect(others).toEqual([])
      if (!won) throw new Error('nobody changed it')
      const deleted = { state: 'deleted', place: null, deleted_at: now.getTime() }
      expect(await changeWebhook(f.store, won, deletion(now))).toMatchObject(deleted)
      expect(await findWebhook(f.store, 't', 'wh_a')).toBeNull()
      expect(await register('wh_b')).toMatchObject({ place: 0 })
    })
  })

  describe('a final state', () => {
    it('is written down with one event and a delivery for every endpoint that listens', async () => {
      await register('wh_all')
      await register('wh_ready', { events: JSON.stringify(['upload.ready']) })
      await register('wh_other', { profiles: JSON.stringify(['other']) })
      await register('wh_stranger', { tenant: 'u' })
      const id = await cancelOne()
      expect(await deliveries()).toMatchObject([
        {
          webhook_id: 'wh_all',
          upload_id: id,
          event_id: `evt_${id}_2`,
          type: 'upload.canceled',
          state: 'pending',
          attempts: 0,
          claim: 0,
          due_at: now.getTime(),
          last_status: null,
          settled_at: null,
        },
      ])
    })

    it('tells nobody when its transaction does not commit', async () => {
      await register('wh_all')
      const upload = await f.pending()
      // Found out at the commit, by a deferred key: after the event was written.
      const spoil = (trx: Trx) =>
        sql`update uploads set version = 7 where id = ${upload.id}`.execute(trx)
      await expect(
        advance(f.store, upload, { ...byWorker, to: 'canceled', also: spoil }),
      ).rejects.toMatchObject(foreignKeyFailure)
      expect(await deliveries()).toEqual([])
    })

    it('is told once, when two nodes want it at once and when an upload fails again', async () => {
      await register('wh_all')
      const upload = await f.verifying('objects/1')
      const [failed] = await f.withAnother((other) =>
        Promise.all([
          recordEnded(f.store, upload, 'failed', byWorker),
          recordEnded(other, upload, 'failed', byWorker),
        ]).then((ends) => ends.filter((one) => one !== null)),
      )
      expect(await deliveries()).toHaveLength(1)
      if (!failed) throw new Error('nobody moved it')
      const reopened = await moved(recordReopened(f.store, failed, byWorker))
      await moved(recordEnded(f.store, reopened, 'canceled', byWorker))
      expect((await deliveries()).map(({ type }) => type).sort()).toEqual([
        'upload.canceled',
        'upload.failed',
      ])
    })

    it('is a dead letter from the start for an endpoint that is disabled', async () => {
      const row = await register('wh_a')
      const known = { id: 'wh_a', secret: row?.secret ?? '' }
      await changeWebhook(f.store, known, { state: 'disabled', disabled_reason: 'x' })
      await cancelOne()
      expect(await deliveries()).toMatchObject([{ state: 'dead', settled_at: now.getTime() }])
      expect(await isAnythingDue(f.store, after(1))).toBe(false)
    })
  })

  describe('a due delivery', () => {
    it('is taken by one of two nodes that ask at once, again and again, and never by both', async () => {
      await waiting('wh_a', 40)
      const taken = await f.withAnother((other) =>
        Promise.all(
          Array.from({ length: 20 }, (_, nth) =>
            claimDeliveries(nth % 2 === 0 ? f.store : other, 'wh_a', LEASE, 3),
          ),
        ),
      )
      expect(taken.every((claims) => claims.length <= 3)).toBe(true)
      const ids = idsOf(taken.flat())
      expect(ids).toHaveLength(new Set(ids).size)
      const rest = await claimDeliveries(f.store, 'wh_a', LEASE, 100)
      expect(idsOf([...taken.flat(), ...rest])).toEqual(idsOf(await deliveries()))
    })

    it('is taken the longest due first, and of its own endpoint only', async () => {
      await waiting('wh_a', 3)
      await waiting('wh_b', 1)
      const [first, second] = await claimDeliveries(f.store, 'wh_a', LEASE, 2)
      if (!first || !second) throw new Error('two are due')
      await releaseClaim(f.store, first, after(20))
      await releaseClaim(f.store, second, after(10))
      const third = await oneClaim('wh_a')
      expect([first.id, second.id]).not.toContain(third.id)
      expect(await claimDeliveries(f.store, 'wh_a', LEASE, 9)).toEqual([])
      expect(await oneClaim('wh_a', after(25))).toMatchObject({ id: second.id, claim: 2 })
    })

    it('is taken again when its lease is over, and then the earlier claim says and sends nothing', async () => {
      await waiting('wh_a', 1)
      const late = await oneClaim('wh_a')
      expect(await findDispatch(f.store, late)).toMatchObject({ webhook_id: 'wh_a', failures: 0 })
      expect(await claimDeliveries(f.store, 'wh_a', { ...LEASE, now: after(29) }, 1)).toEqual([])
      const present = await oneClaim('wh_a', after(30))
      expect(present).toEqual({ ...late, claim: late.claim + 1 })

      expect(await findDispatch(f.store, late)).toBeNull()
      expect(await recordDelivered(f.store, late, 200, now)).toBe(false)
      expect(await recordFailed(f.store, late, aFailure())).toBeNull()
      expect(await releaseClaim(f.store, late, now)).toBe(false)
      expect(await recordDelivered(f.store, present, 204, after(31))).toBe(true)
      expect(await deliveries()).toMatchObject([
        { state: 'delivered', attempts: 1, last_status: 204, due_at: null },
      ])
      expect(await findDispatch(f.store, present)).toBeNull()
    })

    it('is looked for endpoint by endpoint, the suspects in a turn of their own', async () => {
      for (const id of ['wh_a', 'wh_b', 'wh_c']) await waiting(id, 2)
      for (let nth = 0; nth < 2; nth += 1) {
        await recordFailed(f.store, await oneClaim('wh_b'), aFailure())
      }
      const ask = (isSuspect: boolean, afterId: string) =>
        listDueEndpoints(f.store, { now: after(60), suspectFrom: 2, isSuspect, afterId, limit: 5 })
      expect(await ask(false, '')).toEqual(['wh_a', 'wh_c'])
      expect(await ask(false, 'wh_a')).toEqual(['wh_c'])
      expect(await ask(true, '')).toEqual(['wh_b'])
      expect(await isAnythingDue(f.store, after(-1))).toBe(false)
      expect(await isAnythingDue(f.store, now)).toBe(true)
    })
  })

  describe('what became of an attempt', () => {
    const results = (on: Store, claims: Claim[]) =>
      claims.map((claim) => recordFailed(on, claim, aFailure()))

    it('is counted for its endpoint, whichever node says so and in whichever order', async () => {
      await waiting('wh_a', 20)
      await waiting('wh_b', 20)
      const of = (id: string) => claimDeliveries(f.store, id, LEASE, 20)
      const [a, b] = [await of('wh_a'), await of('wh_b')]
      const started = performance.now()
      await f.withAnother((other) =>
        Promise.all([
          ...results(f.store, [...a.slice(0, 10), ...b.slice(0, 10)]),
          ...results(other, [...b.slice(10), ...a.slice(10)]),
        ]),
      )
      // A deadlock would last for the twenty seconds that the server waits before it looks for one.
      expect(performance.now() - started).toBeLessThan(10_000)
      const counted = (await listWebhooks(f.store, 't')).map(({ failures }) => failures)
      expect(counted).toEqual([20, 20])
      await recordDelivered(f.store, await oneClaim('wh_a', after(6)), 200, now)
      expect(await findWebhook(f.store, 't', 'wh_a')).toMatchObject({
        failures: 0,
        failing_since: null,
      })
    })

    it('disables an endpoint that answered 410 or has failed for too long, and buries what waits', async () => {
      await waiting('wh_a', 2)
      await waiting('wh_b', 2)
      const gone = aFailure({ disable: 'the endpoint answered 410' })
      expect(await recordFailed(f.store, await oneClaim('wh_a'), gone)).toEqual({
        isDisabled: true,
      })
      const early = aFailure({ at: after(-2_000) })
      expect(await recordFailed(f.store, await oneClaim('wh_b'), early)).toEqual({
        isDisabled: true,
      })
      expect(await findWebhook(f.store, 't', 'wh_b')).toMatchObject({
        state: 'disabled',
        disabled_reason: 'nothing but failures',
        failing_since: after(-2_000).getTime(),
      })
      const buried = await f.withAnother((other) =>
        Promise.all([buryUndeliverable(f.store, now, 3), buryUndeliverable(other, now, 3)]),
      )
      const more = await buryUndeliverable(f.store, now, 10)
      expect(buried.reduce((sum, count) => sum + count, more)).toBe(4)
      expect((await deliveries({ state: 'dead' })).length).toBe(4)
    })

    it('is a dead letter after the last step, and starts anew with the same event on request', async () => {
      await waiting('wh_a', 1)
      const claim = await oneClaim('wh_a')
      await recordFailed(f.store, claim, aFailure({ dueAt: null }))
      const [dead] = await deliveries({ state: 'dead' })
      expect(dead).toMatchObject({ attempts: 1, last_error: 'answered 500', due_at: null })
      if (!dead) throw new Error('it is dead')
      expect(await restartDelivery(f.store, dead, after(9))).toMatchObject({
        ...dead,
        state: 'pending',
        attempts: 0,
        claim: 2,
        due_at: after(9).getTime(),
        settled_at: null,
      })
      expect(await restartDelivery(f.store, { id: 'dlv_x', webhook_id: 'wh_a' }, now)).toBeNull()
    })
  })

  describe('the outbox', () => {
    it('is measured in numbers, and lists its pages from the newest by any filter', async () => {
      expect(await measureOutbox(f.store)).toEqual({ depth: 0, oldestAt: null })
      await register('wh_a')
      const id = await cancelOne()
      await cancelOne()
      await cancelOne()
      expect(await measureOutbox(f.store)).toEqual({ depth: 3, oldestAt: now })
      const all = await deliveries()
      expect(all.map((row) => row.id)).toEqual(idsOf(all).reverse())
      expect(await listDeliveries(f.store, 't', { beforeId: all[1]?.id }, 9)).toEqual([all[2]])
      expect(await deliveries({ uploadId: id })).toHaveLength(1)
      expect(await deliveries({ webhookId: 'wh_a', state: 'pending' })).toHaveLength(3)
      expect(await deliveries({ state: 'dead' })).toEqual([])
      expect(await findDelivery(f.store, 't', all[0]?.id ?? '')).toEqual(all[0])
      expect(await findDelivery(f.store, 'u', all[0]?.id ?? '')).toBeNull()
    })

    it('loses what is settled long ago, then its events and its deleted endpoints, and nothing else', async () => {
      await waiting('wh_a', 3)
      await recordDelivered(f.store, await oneClaim('wh_a'), 200, now)
      await recordFailed(f.store, await oneClaim('wh_a'), aFailure({ dueAt: null }))
      expect(await deleteSettledDeliveries(f.store, 'delivered', now, 9)).toBe(0)
      const gone = await f.withAnother((other) =>
        Promise.all(
          [f.store, other].flatMap((on) => [
            deleteSettledDeliveries(on, 'delivered', after(1), 9),
            deleteSettledDeliveries(on, 'dead', after(1), 9),
          ]),
        ),
      )
      expect(gone.reduce((sum, count) => sum + count, 0)).toBe(2)
      expect(await events()).toHaveLength(1)

      const known = await findWebhook(f.store, 't', 'wh_a')
      if (!known) throw new Error('it was registered')
      await changeWebhook(f.store, known, deletion(now))
      expect(await deleteEmptyWebhooks(f.store, after(1), 9)).toBe(0)
      expect(await buryUndeliverable(f.store, now, 9)).toBe(1)
      expect(await deleteEmptyWebhooks(f.store, after(1), 9)).toBe(1)
    })

    it('loses an event with the last of its deliveries, also when two nodes take one each', async () => {
      await register('wh_a')
      await register('wh_b')
      for (let nth = 0; nth < 6; nth += 1) await cancelOne()
      for (const id of ['wh_a', 'wh_b']) {
        const claims = await claimDeliveries(f.store, id, LEASE, 9)
        const isFirst = id === 'wh_a'
        for (const claim of claims)
          await recordDelivered(f.store, claim, 200, after(isFirst ? 0 : 1))
      }
      expect(await deleteSettledDeliveries(f.store, 'delivered', after(0.5), 3)).toBe(3)
      expect(await events()).toHaveLength(6)
      await f.withAnother(async (other) => {
        const left = async () => (await deliveries()).length
        while ((await left()) > 0) {
          await Promise.all(
            [f.store, other].map((on) => deleteSettledDeliveries(on, 'delivered', after(2), 1)),
          )
        }
      })
      expect(await events()).toEqual([])
    })

    it('takes up again what waits for an endpoint that was disabled and is enabled', async () => {
      await waiting('wh_a', 1)
      await recordFailed(f.store, await oneClaim('wh_a'), aFailure({ disable: 'x' }))
      const known = await findWebhook(f.store, 't', 'wh_a')
      if (!known) throw new Error('it was registered')
      const turn = { suspectFrom: 5, isSuspect: false, afterId: '', limit: 5 }
      expect(await listDueEndpoints(f.store, { ...turn, now: after(60) })).toEqual([])
      await changeWebhook(f.store, known, ENABLED)
      expect(await oneClaim('wh_a', after(60))).toMatchObject({ claim: 2, attempts: 1 })
    })
  })
}
