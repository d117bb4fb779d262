/** Rows of what callers are told apart by, enough for a database to prefer its indexes. */

import type { Store } from '../../src/store/store.ts'

const CHUNK = 500

/** @param until every second row expires before it. */
export async function seedCallers({ db }: Store, rows: number, until: Date): Promise<void> {
  for (let from = 0; from < rows; from += CHUNK) {
    const numbers = Array.from({ length: CHUNK }, (_, nth) => from + nth)
    const expiryOf = (nth: number): number => until.getTime() + (nth % 100 === 0 ? -1 : 1) * 60_000
    const keys = numbers.map((nth) => ({
      digest: `digest-${nth}`,
      fingerprint: 'f',
      claim: 'c',
      claimed_at: 0,
      result: '{}',
      expires_at: expiryOf(nth),
    }))
    const tokens = numbers.map((nth) => ({
      id: `token-${nth}`,
      used_uploads: 1,
      used_bytes: 1,
      expires_at: expiryOf(nth),
    }))
    const counts = numbers.map((nth) => ({ name: `caller ${nth}`, minute: 1 + nth, used: 1 }))
    await db.insertInto('idempotency_keys').values(keys).execute()
    await db.insertInto('upload_tokens').values(tokens).execute()
    await db.insertInto('rate_counts').values(counts).execute()
  }
}
