/** What callers are told apart by: idempotency keys, upload tokens, counts of requests. */

import { describe, expect, it } from '@jest/globals'
import {
  claimKey,
  deleteExpiredKeys,
  findKey,
  finishKey,
  releaseKey,
  type Claim,
} from '../../src/store/idempotency.ts'
import { insertUploads, type Terms } from '../../src/store/insert-uploads.ts'
import { deleteRateCounts, takeShare } from '../../src/store/rate-counts.ts'
import { deleteExpiredTokens } from '../../src/store/upload-tokens.ts'
import { findById } from '../../src/store/uploads.ts'
import { anUpload } from '../support/uploads.ts'
import { after, AMPLE, now, type Fixture } from './store-fixture.ts'

const claimOf = (claim: string, change: Partial<Claim> = {}): Claim => ({
  digest: 'digest',
  fingerprint: 'body',
  claim,
  at: now,
  deadBefore: after(-30),
  expiresAt: after(86_400),
  ...change,
})

const wantedOf = (count: number, size = 10) =>
  Array.from({ length: count }, () => {
    const upload = anUpload({ createdAt: now })
    return { upload: { ...upload, declared: { ...upload.declared, size } }, quota: AMPLE }
  })

const tokenOf = (maxUploads: number, maxBytes = 1_000_000) => ({
  id: 'token',
  maxUploads,
  maxBytes,
  expiresAt: after(600),
})

export function describeCallers(fixture: Fixture): void {
  describeKeys(fixture)
  describeTokens(fixture)
  describeRates(fixture)
}

function describeKeys(fixture: Fixture): void {
  describe('an idempotency key', () => {
    it('is claimed by one of many at once, on two nodes', async () => {
      await fixture.withAnother(async (other) => {
        const claims = await Promise.all(
          Array.from({ length: 40 }, (_, nth) =>
            claimKey(nth % 2 === 0 ? fixture.store : other, claimOf(`claim-${nth}`)),
          ),
        )
        expect(claims.filter((row) => row === null)).toHaveLength(1)
        expect(new Set(claims.filter(Boolean).map((row) => row?.claim)).size).toBe(1)
      })
    })

    it('is taken over only when its claim is dead or it has expired, and by one', async () => {
      await claimKey(fixture.store, claimOf('first'))
      expect(await claimKey(fixture.store, claimOf('second'))).toMatchObject({ claim: 'first' })
      const later = { at: after(31), deadBefore: after(1) }
      const other = claimOf('third', { ...later, fingerprint: 'other' })
      expect(await claimKey(fixture.store, other)).toMatchObject({ claim: 'first' })
      expect(await claimKey(fixture.store, claimOf('fourth', later))).toBeNull()
      const expired = { at: after(86_401), fingerprint: 'other' }
      expect(await claimKey(fixture.store, claimOf('fifth', expired))).toBeNull()
    })

    it('commits with the uploads, or neither does when somebody has taken it over', async () => {
      await claimKey(fixture.store, claimOf('mine'))
      const finishAs = (claim: string): Terms => ({
        token: null,
        finish: (trx) => finishKey(trx, claimOf(claim), '{"id":1}'),
      })
      const [lost, won] = [wantedOf(1), wantedOf(2)]
      await expect(insertUploads(fixture.store, lost, finishAs('stranger'))).rejects.toMatchObject({
        fields: { slug: 'idempotency-in-progress' },
      })
      expect(await findById(fixture.store, lost[0]?.upload.id ?? '')).toBeNull()
      expect(await fixture.usage()).toEqual([undefined, undefined])
      expect(await insertUploads(fixture.store, won, finishAs('mine'))).toEqual([
        'inserted',
        'inserted',
      ])
      expect(await findKey(fixture.store, 'digest')).toMatchObject({ result: '{"id":1}' })
      await releaseKey(fixture.store, claimOf('mine'))
      expect(await findKey(fixture.store, 'digest')).not.toBeNull()
    })

    it('goes when it has expired, a batch at a time', async () => {
      for (const digest of ['a', 'b', 'c']) {
        await claimKey(fixture.store, claimOf('x', { digest, expiresAt: after(10) }))
      }
      expect(await deleteExpiredKeys(fixture.store, after(9), 2)).toBe(0)
      expect(await deleteExpiredKeys(fixture.store, after(10), 2)).toBe(2)
      expect(await deleteExpiredKeys(fixture.store, after(10), 2)).toBe(1)
    })
  })
}

function describeTokens(fixture: Fixture): void {
  describe('an upload token', () => {
    it('is used up exactly, by many at once on two nodes', async () => {
      const terms = { token: tokenOf(7), finish: null }
      await fixture.withAnother(async (other) => {
        const outcomes = await Promise.all(
          Array.from({ length: 40 }, (_, nth) =>
            insertUploads(nth % 2 === 0 ? fixture.store : other, wantedOf(1), terms),
          ),
        )
        expect(outcomes.flat().filter((outcome) => outcome === 'inserted')).toHaveLength(7)
      })
      expect(await fixture.usage()).toEqual([7, 70])
    })

    it('loses nothing for an upload that its tenant had no room for', async () => {
      const terms = { token: tokenOf(2), finish: null }
      const full = wantedOf(1).map((one) => ({ ...one, quota: { openSlots: 0, reservedBytes: 0 } }))
      expect(await insertUploads(fixture.store, full, terms)).toEqual(['no-room'])
      expect(await insertUploads(fixture.store, wantedOf(3), terms)).toEqual([
        'inserted',
        'inserted',
        'token-used-up',
      ])
    })

    it('counts bytes, and its row goes after its expiry', async () => {
      const terms = { token: tokenOf(9, 25), finish: null }
      expect(await insertUploads(fixture.store, wantedOf(3), terms)).toEqual([
        'inserted',
        'inserted',
        'token-used-up',
      ])
      expect(await deleteExpiredTokens(fixture.store, after(599), 9)).toBe(0)
      expect(await deleteExpiredTokens(fixture.store, after(600), 9)).toBe(1)
    })
  })
}

function describeRates(fixture: Fixture): void {
  describe('a count of requests', () => {
    it('gives out shares up to the limit and no more, to two nodes at once', async () => {
      const share = { name: 'a', minute: 1, wanted: 3, owed: 0, limit: 50 }
      await fixture.withAnother(async (other) => {
        const given = await Promise.all(
          Array.from({ length: 40 }, (_, nth) =>
            takeShare(nth % 2 === 0 ? fixture.store : other, share),
          ),
        )
        expect(given.reduce((sum, { granted }) => sum + granted, 0)).toBe(50)
      })
      expect((await takeShare(fixture.store, { ...share, minute: 2 })).granted).toBe(3)
      expect(await deleteRateCounts(fixture.store, 2, 10)).toBe(1)
    })
  })
}
