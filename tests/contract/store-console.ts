/** What operators are shown: counted once, searched in stretches. */

import { describe, expect, it } from '@jest/globals'
import { tallied } from '../../src/broker/tally-changes.ts'
import { countUploads } from '../../src/store/bounded-counts.ts'
import { searchUploads } from '../../src/store/search-uploads.ts'
import {
  addTallies,
  deleteTallies,
  listChanges,
  sumTallies,
  tallyPosition,
} from '../../src/store/tallies.ts'
import { recordEnded, recordLease, recordReady } from '../../src/store/transitions.ts'
import { seed } from '../support/seed.ts'
import { after, byWorker, leaseOf, moved, OBJECT, type Fixture } from './store-fixture.ts'

const HOUR_MS = 3_600_000
const DAY = { since: after(-86_400), until: after(86_400) }

export function describeConsole(f: Fixture): void {
  /** As the job does it. @returns how many changes it saw. */
  async function tally(limit: number): Promise<number> {
    const from = await tallyPosition(f.store)
    const changes = await listChanges(f.store, from, after(3_600), limit)
    const last = changes.at(-1)
    if (last) await addTallies(f.store, from, last, tallied(changes))
    return changes.length
  }
  const sums = async (tenant = 't') => {
    const found = await sumTallies(f.store, tenant, DAY, HOUR_MS)
    return Object.fromEntries(
      found.map(({ measure, name, count }) => [`${measure} ${name}`, count]),
    )
  }

  describe('a tally', () => {
    it('counts every change once, in whatever batches', async () => {
      const received = await f.received()
      const leased = await moved(recordLease(f.store, received, leaseOf('objects/a'), byWorker))
      await moved(recordReady(f.store, leased, OBJECT, byWorker))
      await moved(recordEnded(f.store, await f.pending(), 'canceled', byWorker))
      await f.pending({ tenant: 'other' })
      while ((await tally(2)) > 0);
      expect(await tally(2)).toBe(0)
      expect(await sums()).toEqual({
        'states pending': 2,
        'states ready': 1,
        'states canceled': 1,
        'arrivals worker': 1,
        'timeToReady 0.25': 1,
      })
      expect(await sums('other')).toEqual({ 'states pending': 1 })
    })

    it('is made by one of two nodes that count the same', async () => {
      await f.pending()
      await f.withAnother(async (node) => {
        const from = await tallyPosition(f.store)
        const changes = await listChanges(f.store, from, after(3_600), 10)
        const [last] = changes.slice(-1)
        if (!last) throw new Error('nothing to count')
        const counted = await Promise.all(
          [f.store, node].map((store) => addTallies(store, from, last, tallied(changes))),
        )
        expect(counted.sort()).toEqual([false, true])
      })
      expect(await sums()).toEqual({ 'states pending': 1 })
    })

    it('goes when it is old', async () => {
      await f.pending()
      await tally(10)
      expect(await deleteTallies(f.store, after(-7_200), 10)).toBe(0)
      expect(await deleteTallies(f.store, after(7_200), 10)).toBe(1)
      expect(await sums()).toEqual({})
    })
  })

  describe('a search', () => {
    it('looks at so many uploads a call, and says where it ended', async () => {
      await seed(f.store, 12_000)
      const found = async (filter: Parameters<typeof searchUploads>[2]) =>
        searchUploads(f.store, 't3', { text: 'nowhere', ...filter }, 5)
      // 600 of the 12,000 are t3's: all of them are within reach.
      expect(await found({})).toEqual({ uploads: [], edge: null })
      await f.store.db.updateTable('uploads').set({ tenant: 't3' }).execute()
      const { uploads, edge } = await found({})
      expect([uploads, edge?.id]).toEqual([[], 'upl_100007001'])
      const next = await found({ beforeId: edge?.id })
      expect(next.edge?.id).toBe('upl_100002001')
      expect((await found({ beforeId: next.edge?.id })).edge).toBeNull()
    }, 60_000)
  })

  describe('a bounded count', () => {
    it('is exact up to its bound, and says so beyond', async () => {
      await seed(f.store, 12_000)
      await f.store.db.updateTable('uploads').set({ tenant: 't3' }).execute()
      expect(await countUploads(f.store, 't3', 'pending')).toEqual({ count: 60, orMore: false })
      expect(await countUploads(f.store, 't3', 'canceled')).toEqual({ count: 10_000, orMore: true })
      expect(await countUploads(f.store, 't4', 'canceled')).toEqual({ count: 0, orMore: false })
    }, 60_000)
  })
}
