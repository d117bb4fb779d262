/** Inserts, groups of writes and transitions, on one node and on two. */

import { describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { advance } from '../../src/store/advance.ts'
import { listHistory } from '../../src/store/history.ts'
import { renewLease } from '../../src/store/leases.ts'
import { type Store } from '../../src/store/store.ts'
import {
  recordEnded,
  recordGone,
  recordLease,
  recordReady,
  recordReceived,
  recordRejected,
  recordReopened,
  recordRetry,
} from '../../src/store/transitions.ts'
import { findById, findUpload, insertPending, listUploads } from '../../src/store/uploads.ts'
import { type Upload } from '../../src/upload/upload.ts'
import { anUpload, aSlotRequest } from '../support/uploads.ts'
import {
  AMPLE,
  now,
  after,
  foreignKeyFailure,
  OBSERVED,
  OBJECT,
  byWorker,
  leaseOf,
  moved,
  type Fixture,
} from './store-fixture.ts'

export function describeWrites(f: Fixture): void {
  describe('an insert', () => {
    it('gives back what was put in, with numbers as numbers and any text as it was', async () => {
      const declared = aSlotRequest({
        size: 5 * 1024 ** 4,
        filename: `a "b" ' \\ % é 漢 🦆.bin`,
        metadata: { key: `x\u0000y\ud800'` },
      })
      const { filename, contentType, size, sha256, metadata } = declared
      const upload = await f.pending({
        declared: { filename, contentType, size, sha256, metadata },
        subject: 'you & me',
      })
      expect(await findUpload(f.store, 't', upload.id)).toEqual(upload)
      expect(await f.usage()).toEqual([1, size])
    })

    it.each(['a\0b', 'a\ud800b', 'a"\\\u2028é😀b\\u0000'])(
      'takes any text: what a database cannot hold has a mark in its place (%j)',
      async (subject) => {
        const { id } = await f.pending({ subject })
        const found = await findUpload(f.store, 't', id)
        const marked = subject.replaceAll('\0', '\uFFFD').replaceAll('\ud800', '\uFFFD')
        // SQLite has one mark for each byte.
        expect([subject, marked]).toContain(found?.subject?.replace(/\uFFFD+/, '\uFFFD'))
      },
    )

    it('gives one of fifty parallel uploads room when there is room for one, on one node and on two', async () => {
      const quota = { openSlots: 1, reservedBytes: 1_000_000 }
      const fifty = (on: Store, profile: string) =>
        Array.from({ length: 50 }, () => insertPending(on, anUpload({ profile }), quota))
      const here = await Promise.all(fifty(f.store, 'a'))
      expect(here.filter(Boolean)).toHaveLength(1)
      await f.withAnother(async (other) => {
        const both = await Promise.all([...fifty(f.store, 'b'), ...fifty(other, 'b')])
        expect(both.filter(Boolean)).toHaveLength(1)
      })
      expect(await listUploads(f.store, 't', {}, 200)).toHaveLength(2)
    })

    it('counts reserved bytes, passes over what is too large, and gives back at a final state', async () => {
      const quota = { openSlots: 100, reservedBytes: 100 }
      const sized = (size: number) => anUpload({ declared: aSlotRequest({ size }) })
      const [first, large, small] = [sized(60), sized(50), sized(40)]
      const results = await Promise.all(
        [first, large, small].map((upload) => insertPending(f.store, upload, quota)),
      )
      expect(results).toEqual([true, false, true])
      expect(await f.usage()).toEqual([2, 100])
      await recordEnded(f.store, first, 'canceled', byWorker)
      expect(await f.usage()).toEqual([1, 40])
      expect(await insertPending(f.store, large, quota)).toBe(true)
    })

    it('does not fail its neighbours when one of a group is refused by the database', async () => {
      const [one, two, taken] = [anUpload(), anUpload(), await f.pending()]
      const results = await Promise.allSettled(
        [one, taken, two].map((upload) => insertPending(f.store, upload, AMPLE)),
      )
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(await findById(f.store, one.id)).not.toBeNull()
      expect(await findById(f.store, two.id)).not.toBeNull()
      expect((await f.usage())[0]).toBe(3)
    })
  })

  describe('a group of writes', () => {
    it('answers each with its own result, and none when a commit is refused', async () => {
      const upload = await f.pending()
      const results = await Promise.allSettled([
        f.store.write(() => Promise.resolve(1), 'c'),
        f.store.write(() => Promise.reject(new Error('mine')), 'b'),
        // Passes until the end of the transaction, when the deferred key is checked.
        f.store.write(
          (trx) => sql`update uploads set version = 7 where id = ${upload.id}`.execute(trx),
          'a',
        ),
        f.store.write(() => Promise.resolve(4)),
      ])
      expect(results).toMatchObject([
        { value: 1 },
        { reason: { message: 'mine' } },
        { reason: foreignKeyFailure },
        { value: 4 },
      ])
      expect((await findById(f.store, upload.id))?.version).toBe(1)
    })

    it('of two nodes that change the same rows in opposite orders never stands still', async () => {
      const uploads = await Promise.all(
        Array.from({ length: 40 }, (_, nth) => f.pending({ tenant: `t${nth % 5}` })),
      )
      const started = performance.now()
      await f.withAnother(async (other) => {
        const cancel = (on: Store, list: Upload[]) =>
          list.map((upload) => recordEnded(on, upload, 'canceled', byWorker))
        const all = await Promise.all([
          ...cancel(f.store, uploads),
          ...cancel(other, [...uploads].reverse()),
        ])
        expect(all.filter((one) => one !== null)).toHaveLength(40)
      })
      // A deadlock would last for the twenty seconds that the server waits before it looks for one.
      expect(performance.now() - started).toBeLessThan(10_000)
      const { rows } = await sql<{ open: number }>`
          select sum(open_slots) as open from quotas`.execute(f.store.db)
      expect(Number(rows[0]?.open)).toBe(0)
    })
  })

  describe('a transition', () => {
    it('is won by one of two that race, and the other is told', async () => {
      const upload = await f.pending()
      const results = await f.withAnother((other) =>
        Promise.all(
          [f.store, other, f.store].map((on) => recordEnded(on, upload, 'canceled', byWorker)),
        ),
      )
      expect(results.filter((one) => one !== null)).toHaveLength(1)
      expect((await findById(f.store, upload.id))?.version).toBe(2)
      expect(await f.usage()).toEqual([0, 0])
    })

    it('is refused before anything is written when it is illegal', async () => {
      const upload = await f.pending()
      await expect(
        advance(f.store, upload, { to: 'ready', cause: 'api', at: now }),
      ).rejects.toThrow('illegal transition pending -> ready')
    })

    it('never goes back in time, also when the clock of the next node is behind', async () => {
      const upload = await f.pending()
      const behind = new Date(now.getTime() - 35)
      const ended = { at: behind, cause: 'api' as const }
      const canceled = await moved(recordEnded(f.store, upload, 'canceled', ended))
      expect(canceled.updatedAt).toEqual(now)
      expect((await listHistory(f.store, upload.id)).map(({ at }) => at)).toEqual([now, now])
    })

    it('is refused to a worker whose fence is old', async () => {
      const first = await f.verifying('objects/1')
      const next = { dueAt: now, observed: OBSERVED }
      const again = await moved(recordRetry(f.store, first, next, byWorker))
      const second = await moved(recordLease(f.store, again, leaseOf('objects/2'), byWorker))
      expect(second.fence).toBe(2)
      expect(await recordReady(f.store, first, OBJECT, byWorker)).toBeNull()
      expect(await recordReady(f.store, { ...first, version: 5 }, OBJECT, byWorker)).toBeNull()
      expect((await moved(recordReady(f.store, second, OBJECT, byWorker))).object).toEqual(OBJECT)
    })

    it('leaves a history without gaps, the quota as it should be, and the record at its end', async () => {
      const upload = await f.verifying('objects/1')
      const back = await moved(
        recordRetry(f.store, upload, { dueAt: now, observed: null }, byWorker),
      )
      const gone = await moved(recordGone(f.store, back, after(15), byWorker))
      const there = await moved(recordReceived(f.store, gone, OBSERVED, byWorker))
      const leased = await moved(recordLease(f.store, there, leaseOf('objects/2'), byWorker))
      const failed = await moved(recordEnded(f.store, leased, 'failed', byWorker))
      expect(await f.usage()).toEqual([0, 0])
      const reopened = await moved(recordReopened(f.store, failed, byWorker))
      expect(await f.usage()).toEqual([1, 64])
      const last = await moved(recordLease(f.store, reopened, leaseOf('objects/3'), byWorker))
      const rejection = { reason: 'infected', detail: 'd', expected: 'e', observed: 'o' } as const
      const end = await moved(
        recordRejected(f.store, last, rejection, { ...byWorker, detail: 'x' }),
      )
      expect(end.rejection).toEqual(rejection)
      const history = await listHistory(f.store, upload.id)
      expect(history.map(({ version }) => version)).toEqual(history.map((_, nth) => nth + 1))
      expect(history.map(({ state }) => state).join(' ')).toBe(
        'pending received verifying received pending received verifying failed received verifying rejected',
      )
      expect(history.at(-1)).toMatchObject({ at: now, cause: 'worker', detail: 'infected' })
      expect(await f.usage()).toEqual([0, 0])
    })
  })

  describe('a lease', () => {
    it('goes to one of two nodes, and is renewed by nobody else', async () => {
      const upload = await f.received()
      const leases = await f.withAnother((other) =>
        Promise.all([
          recordLease(f.store, upload, leaseOf('objects/1'), byWorker),
          recordLease(other, upload, leaseOf('objects/2'), byWorker),
        ]),
      )
      const [won, ...others] = leases.filter((one) => one !== null)
      expect(others).toEqual([])
      expect(await renewLease(f.store, won as Upload, after(60))).toBe(true)
      expect((await findById(f.store, upload.id))?.dueAt).toEqual(after(60))
      expect(await renewLease(f.store, { ...(won as Upload), fence: 2 }, after(90))).toBe(false)
      expect((await findById(f.store, upload.id))?.version).toBe(3)
    })
  })
}
