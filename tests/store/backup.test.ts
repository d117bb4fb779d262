import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backupSqlite } from '../../src/store/backup.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { recordLease } from '../../src/store/transitions.ts'
import { findById } from '../../src/store/uploads.ts'
import { sealedKey } from '../../src/upload/keys.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import {
  BUCKET,
  createTestBroker,
  createWorld,
  keysBelow,
  put,
  verifyAllDue,
  type World,
} from '../support/world.ts'

const DAY_SECONDS = 86_400
const bytes = someBytes(64)

let folder: string
let world: World
let copy: string
let restored: Store | null = null
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-copies-'))
  copy = join(folder, 'copy.db')
  world = await createWorld({ folder })
})
afterEach(async () => {
  await restored?.close()
  restored = null
  await world.close()
  rmSync(folder, { recursive: true })
})

const backup = () => backupSqlite(join(folder, 'berth.db'), copy)

/** Another Berth over the copied records and the same bucket. */
function restore() {
  restored = openStore(`file:${copy}`)
  const { bucket, clock } = world
  const profiles = { default: {} }
  return { store: restored, broker: createTestBroker({ store: restored, bucket, clock, profiles }) }
}

describe('backupSqlite', () => {
  it('holds the last commit before it, whatever is written meanwhile', async () => {
    const ids: string[] = []
    for (let count = 0; count < 50; count += 1) {
      ids.push((await world.broker.issueSlot('t', requestFor(bytes))).upload.id)
    }
    const later = Array.from({ length: 50 }, () => world.broker.issueSlot('t', requestFor(bytes)))
    await Promise.all([backup(), ...later])
    const { store } = restore()
    for (const id of ids) expect((await findById(store, id))?.state).toBe('pending')
  })

  it('is one file, and leaves the journal of the original alone', async () => {
    await backup()
    const copied = new Sqlite(copy, { readonly: true })
    expect(copied.pragma('journal_mode', { simple: true })).toBe('delete')
    copied.close()
    const original = new Sqlite(join(folder, 'berth.db'), { readonly: true })
    expect(original.pragma('journal_mode', { simple: true })).toBe('wal')
    original.close()
  })

  it('lets no restored record collect, for a day, what became ready after it was made', async () => {
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(bytes))
    await put(slot, bytes)
    const received = await world.broker.completeUpload('t', upload.id)
    const at = world.clock.now()
    const key = sealedKey('', upload.id, '1'.repeat(32))
    const lease = { node: 'n', until: at, sealedKey: key, graceMs: 60_000 }
    await recordLease(world.store, received, lease, { at, cause: 'worker' })
    await backup()
    // The attempt goes on: this object is what the record now says is ready.
    const as = { ...received.observed, contentType: 'application/octet-stream' }
    const { size = 0, etag = '', contentType } = as
    const from = { bucket: BUCKET, key: upload.stagingKey }
    await world.bucket.claim(from, key, { size, etag, versionId: null, contentType })
    world.clock.advance(2_000)
    await world.bucket.remove(from)

    const { broker } = restore()
    const clean = async (): Promise<void> => {
      await broker.sweepLeases(10)
      await verifyAllDue(broker)
      await broker.sweepLooks(10)
      await broker.sweepStaging(10)
      await broker.sweepClaims(10)
      await broker.sweepOrphans()
      await broker.removeOrphans(10)
    }
    for (let spent = 0; spent < DAY_SECONDS; spent += DAY_SECONDS / 10) {
      await clean()
      expect(await keysBelow(world, 'objects/')).toEqual([key])
      world.clock.advance(DAY_SECONDS / 10)
    }
    world.clock.advance(DAY_SECONDS)
    await clean()
    expect(await keysBelow(world, 'objects/')).toEqual([])
  })
})
