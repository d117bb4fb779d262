/** What is listed, due, left over, received and heard. */

import { describe, expect, it } from '@jest/globals'
import {
  findApiKey,
  insertApiKey,
  listApiKeys,
  recordApiKeyUse,
  revokeApiKey,
} from '../../src/store/api-keys.ts'
import { countArrivals } from '../../src/store/arrivals.ts'
import { listGatheringsDue, listLooksDue, scheduleLook, takeLook } from '../../src/store/looks.ts'
import { listCapabilities, saveCapabilities } from '../../src/store/capabilities.ts'
import { dropClaim, listAbandonedClaims } from '../../src/store/claims.ts'
import {
  deleteSettledEvents,
  insertEvent,
  listDueEvents,
  listEvents,
  recordEvent,
} from '../../src/store/inbox.ts'
import { listStagingDue, recordStagingGone } from '../../src/store/staging.ts'
import {
  recordDeleted,
  recordEnded,
  recordReady,
  recordReceived,
  recordRetry,
} from '../../src/store/transitions.ts'
import {
  findById,
  findUpload,
  listDueInTurns,
  listUploads,
  renewPending,
} from '../../src/store/uploads.ts'
import { UNPROBED } from '../../src/upload/guarantees.ts'
import { now, after, OBSERVED, OBJECT, byWorker, moved, type Fixture } from './store-fixture.ts'

const idsOf = (uploads: readonly { id: string }[]): string[] => uploads.map(({ id }) => id)

export function describeLists(f: Fixture): void {
  describe('a list', () => {
    it('pages through everything of one tenant once, the newest first', async () => {
      const made: string[] = []
      for (let nth = 0; nth < 7; nth += 1) made.push((await f.pending()).id)
      await f.pending({ tenant: 'other' })
      const seen: string[] = []
      for (let page = 0; page < 5; page += 1) {
        const uploads = await listUploads(f.store, 't', { beforeId: seen.at(-1) }, 3)
        seen.push(...uploads.map(({ id }) => id))
      }
      expect(seen).toEqual(made.reverse())
    })

    it('is narrowed by state, profile and age', async () => {
      const old = await f.pending({ createdAt: after(-60) })
      const image = await f.pending({ profile: 'image' })
      await recordEnded(f.store, old, 'canceled', byWorker)
      const idsOf = async (filter: Parameters<typeof listUploads>[2]) =>
        (await listUploads(f.store, 't', filter, 10)).map(({ id }) => id)
      expect(await idsOf({ state: 'canceled' })).toEqual([old.id])
      expect(await idsOf({ profile: 'image' })).toEqual([image.id])
      expect(await idsOf({ createdAfter: after(-60) })).toEqual([image.id])
    })

    it("does not show another tenant's upload", async () => {
      const { id } = await f.pending()
      expect(await findUpload(f.store, 'other', id)).toBeNull()
      expect(await findUpload(f.store, 't', 'upl_\u0000')).toBeNull()
    })
  })

  describe('what is due', () => {
    it('comes the longest overdue first, and not before its moment', async () => {
      const late = await f.pending({ dueAt: after(-10) })
      const later = await f.pending({ dueAt: after(-20) })
      await f.pending({ dueAt: after(10) })
      expect(idsOf(await listLooksDue(f.store, now, 10))).toEqual([later.id, late.id])
      expect(await listLooksDue(f.store, now, 1)).toHaveLength(1)
    })

    it('is to be gathered once it is in parts and no slot is open any more, and not to be looked for then', async () => {
      const parts = { size: 32, count: 2 }
      const over = await f.pending({ parts, dueAt: after(-5), slotExpiresAt: after(-5) })
      const open = await f.pending({ parts, dueAt: after(-4), slotExpiresAt: after(5) })
      const single = await f.pending({ dueAt: after(-3), slotExpiresAt: after(-5) })
      expect(idsOf(await listLooksDue(f.store, now, 10))).toEqual([open.id, single.id])
      expect(idsOf(await listGatheringsDue(f.store, now, 10))).toEqual([over.id])
      const took = await Promise.all([1, 2].map(() => takeLook(f.store, over, after(360))))
      expect(took.sort()).toEqual([false, true])
      expect(await listGatheringsDue(f.store, now, 10)).toEqual([])
    })

    it('takes each tenant in its turn', async () => {
      for (let nth = 0; nth < 3; nth += 1) await f.received({ tenant: 'busy' })
      await f.received({ tenant: 'quiet' })
      const tenants = (await listDueInTurns(f.store, now, 3)).map(({ tenant }) => tenant)
      expect(tenants.sort()).toEqual(['busy', 'busy', 'quiet'])
    })

    it('moves with a look and with a renewal, unless the upload has gone on', async () => {
      const upload = await f.pending({ dueAt: now })
      await scheduleLook(f.store, upload, after(45))
      expect((await findById(f.store, upload.id))?.dueAt).toEqual(after(45))
      const terms = { slotExpiresAt: after(900), landBy: after(3000), dueAt: after(15) }
      expect(await renewPending(f.store, upload, terms)).toMatchObject({ ...terms, version: 1 })
      // Decided before the renewal, so no longer right.
      await scheduleLook(f.store, upload, after(60))
      expect((await findById(f.store, upload.id))?.dueAt).toEqual(after(15))
      await recordEnded(f.store, upload, 'canceled', byWorker)
      expect(await renewPending(f.store, upload, terms)).toBeNull()
    })
  })

  describe('what has to be cleaned up', () => {
    it('is the staging object of a final upload, from landBy on, until it is gone', async () => {
      const upload = await f.pending()
      const dueAt = (at: Date) => listStagingDue(f.store, at, 10)
      expect(await dueAt(upload.landBy)).toEqual([])
      await recordEnded(f.store, upload, 'expired', byWorker)
      expect(await dueAt(new Date(upload.landBy.getTime() - 1))).toEqual([])
      expect((await dueAt(upload.landBy)).map(({ id }) => id)).toEqual([upload.id])
      await recordStagingGone(f.store, upload.id)
      expect(await dueAt(upload.landBy)).toEqual([])
    })

    it('is the sealed copy of an attempt that is over, two leases later, and never of a live one', async () => {
      const upload = await f.verifying('objects/1')
      const abandoned = async (seconds: number) =>
        (await listAbandonedClaims(f.store, after(seconds), 10)).map((claim) => claim.sealed_key)
      expect(await abandoned(1000)).toEqual([])
      await recordRetry(f.store, upload, { dueAt: now, observed: null }, byWorker)
      expect(await abandoned(59)).toEqual([])
      expect(await abandoned(60)).toEqual(['objects/1'])
      await dropClaim(f.store, 'objects/1')
      expect(await abandoned(1000)).toEqual([])
    })

    it('is not the object of a ready upload, until it is deleted', async () => {
      const ready = await moved(
        recordReady(f.store, await f.verifying('objects/1'), OBJECT, byWorker),
      )
      expect(await listAbandonedClaims(f.store, after(100_000), 10)).toEqual([])
      await recordDeleted(f.store, ready, byWorker)
      expect(await listAbandonedClaims(f.store, now, 10)).toMatchObject([
        { sealed_key: 'objects/1', size: 64 },
      ])
    })
  })

  describe('the inbox', () => {
    const event = (digest: string, body = '{}') => ({
      digest,
      source: 's3',
      body,
      receivedAt: now,
    })

    it('keeps an event once, however often and wherever it is sent, whatever is in it', async () => {
      await f.withAnother((other) =>
        Promise.all([f.store, other, f.store].map((on) => insertEvent(on, event('d', '\u0000é')))),
      )
      const due = await listDueEvents(f.store, now, 10)
      expect(due).toMatchObject([{ digest: 'd', state: 'new', attempts: 0 }])
      expect(due[0]?.body).toMatch(/^.é$/u)
    })

    it('shows what is due, and what became of the rest, until it is old and settled', async () => {
      for (const digest of ['a', 'b']) await insertEvent(f.store, event(digest))
      const [a, b] = await listDueEvents(f.store, now, 10)
      if (!a || !b) throw new Error('two are due')
      await recordEvent(f.store, a, 'poison', null)
      await recordEvent(f.store, b, 'unmatched', after(30))
      expect(await listDueEvents(f.store, now, 10)).toEqual([])
      expect(await listDueEvents(f.store, after(30), 10)).toMatchObject([{ attempts: 1 }])
      expect(await listEvents(f.store, 'poison', 10)).toMatchObject([{ digest: a.digest }])
      expect(await deleteSettledEvents(f.store, now, 10)).toBe(0)
      expect(await deleteSettledEvents(f.store, after(1), 10)).toBe(1)
      expect(await listEvents(f.store, 'unmatched', 10)).toHaveLength(1)
    })

    it('and the audit tell how arrivals became known', async () => {
      await recordReceived(f.store, await f.pending(), OBSERVED, { at: now, cause: 'sweep' })
      await recordReceived(f.store, await f.pending(), OBSERVED, { at: now, cause: 'event' })
      await insertEvent(f.store, event('a'))
      const [a] = await listDueEvents(f.store, now, 1)
      if (a) await recordEvent(f.store, a, 'matched', null)
      expect(await countArrivals(f.store, after(-1))).toEqual({ bySweep: 1, events: 1 })
      expect(await countArrivals(f.store, after(1))).toEqual({ bySweep: 0, events: 0 })
    })
  })

  describe('API keys and capabilities', () => {
    it('are kept, marked as used, and revoked once', async () => {
      const key = {
        id: 'k',
        tenant: 't',
        secret_hash: 'h',
        scopes: '[]',
        created_at: now.getTime(),
        expires_at: null,
      }
      await insertApiKey(f.store, key)
      await recordApiKeyUse(f.store, 'k', now)
      expect(await revokeApiKey(f.store, 'k', now)).toBe(true)
      expect(await revokeApiKey(f.store, 'k', after(9))).toBe(true)
      expect(await revokeApiKey(f.store, 'other', now)).toBe(false)
      const row = { ...key, last_used_at: now.getTime(), revoked_at: now.getTime() }
      expect(await findApiKey(f.store, 'k')).toEqual(row)
      expect(await listApiKeys(f.store)).toEqual([row])
    })

    it('are replaced by the latest probe', async () => {
      const probe = { bucket: 'b', guarantees: UNPROBED, probedAt: now }
      await saveCapabilities(f.store, probe)
      await saveCapabilities(f.store, { ...probe, probedAt: after(1) })
      expect(await listCapabilities(f.store)).toEqual([{ ...probe, probedAt: after(1) }])
    })
  })

  describe('a change', () => {
    it('is heard on this node at once, and on another within half a second', async () => {
      const never = new AbortController().signal
      await f.withAnother(async (other) => {
        const upload = await f.pending()
        const ears = [f.store, other].map((on) => on.changes.listen(upload.id))
        const started = performance.now()
        const heard = ears.map(async (ear) => {
          await ear.changedFrom(1, 20_000, never)
          return performance.now() - started
        })
        await recordEnded(f.store, upload, 'canceled', byWorker)
        const [here, there] = await Promise.all(heard)
        expect(here).toBeLessThan(200)
        expect(there).toBeLessThan(500)
        ears.forEach((ear) => ear.end())
      })
    })

    it('that was made before the wait is not waited for', async () => {
      const upload = await f.pending()
      const ear = f.store.changes.listen(upload.id)
      await recordEnded(f.store, upload, 'canceled', byWorker)
      await ear.changedFrom(1, 60_000, new AbortController().signal)
      expect((await findById(f.store, upload.id))?.version).toBe(2)
      ear.end()
    })
  })
}
