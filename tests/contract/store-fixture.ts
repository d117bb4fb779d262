/** What the store's contract is checked with: an empty database for each test, and uploads in it. */

import { expect } from '@jest/globals'
import { openStore, type Store } from '../../src/store/store.ts'
import { recordLease, recordReceived } from '../../src/store/transitions.ts'
import { insertPending } from '../../src/store/uploads.ts'
import type { Upload } from '../../src/upload/upload.ts'
import { anUpload } from '../support/uploads.ts'

export type Databases = {
  /** An empty database's address. */
  newUrl: () => Promise<string>
  close: () => Promise<void>
}

export type Fixture = ReturnType<typeof createFixture>

export const AMPLE = { openSlots: 1_000, reservedBytes: Number.MAX_SAFE_INTEGER }
export const now = new Date()
export const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000)
// The driver's error class belongs to another realm here, so it is told by its words.
export const foreignKeyFailure = { message: expect.stringMatching(/foreign key/i) }
export const OBSERVED = { size: 64, contentType: 'text/plain', etag: '"e"', versionId: null }
export const OBJECT = {
  size: 64,
  contentType: 'text/plain',
  sha256: 'x',
  versionId: null,
  scan: 'off',
  verifiedAt: now,
} as const
export const byWorker = { at: now, cause: 'worker' } as const
export const leaseOf = (sealedKey: string, node = 'n') => ({
  node,
  until: after(30),
  sealedKey,
  graceMs: 60_000,
})

export async function moved(step: Promise<Upload | null>): Promise<Upload> {
  const upload = await step
  if (!upload) throw new Error('somebody else was first')
  return upload
}

export function createFixture(open: () => Promise<Databases>) {
  let databases: Databases | undefined
  let url = ''
  let store: Store | undefined
  const theStore = (): Store => {
    if (!store) throw new Error('no test has begun')
    return store
  }
  const newUrl = async (): Promise<string> => {
    databases ??= await open()
    return databases.newUrl()
  }
  const pending = async (change: Partial<Upload> = {}): Promise<Upload> => {
    const upload = anUpload({ createdAt: now, ...change })
    expect(await insertPending(theStore(), upload, AMPLE)).toBe(true)
    return upload
  }
  const received = async (change: Partial<Upload> = {}): Promise<Upload> =>
    moved(recordReceived(theStore(), await pending(change), OBSERVED, byWorker))
  return {
    get store() {
      return theStore()
    },
    newUrl,
    begin: async () => {
      url = await newUrl()
      store = openStore(url)
      await store.prepare({ migrate: true })
    },
    end: () => theStore().close(),
    close: () => databases?.close(),
    pending,
    received,
    verifying: async (sealedKey: string): Promise<Upload> =>
      moved(recordLease(theStore(), await received(), leaseOf(sealedKey), byWorker)),
    /** Open slots and reserved bytes of the first profile. */
    usage: async () => {
      const row = await theStore().db.selectFrom('quotas').selectAll().executeTakeFirst()
      return [row?.open_slots, row?.reserved_bytes]
    },
    /** A second node on the same records. */
    withAnother: async <T>(use: (other: Store) => Promise<T>): Promise<T> => {
      const other = openStore(url)
      try {
        await other.prepare({ migrate: true })
        return await use(other)
      } finally {
        await other.close()
      }
    },
  }
}
