import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { exportAudit } from '../../src/broker/export-audit.ts'
import type { AuditEntry } from '../../src/store/audit.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, put, type World } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await createWorld()
})
afterEach(() => world.close())

const everything = { since: new Date(0), until: new Date('2100-01-01') }

async function exported(span = everything, page?: number): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = []
  for await (const entry of exportAudit(world, span, page)) entries.push(entry)
  return entries
}

describe('exportAudit', () => {
  it('tells the whole life of an upload, and no key', async () => {
    const bytes = someBytes(64)
    const { upload, slot } = await world.broker.issueSlot('acme', requestFor(bytes))
    await put(slot, bytes)
    await world.broker.completeUpload('acme', upload.id)
    await world.work()
    await world.broker.cancelUpload('acme', upload.id)
    const entries = await exported()
    const of = { uploadId: upload.id, tenant: 'acme', profile: 'default', detail: null }
    expect(entries).toMatchObject([
      { ...of, version: 1, state: 'pending', previousState: null, cause: 'api' },
      { ...of, version: 2, state: 'received', previousState: 'pending', cause: 'complete' },
      { ...of, version: 3, state: 'verifying', previousState: 'received', cause: 'worker' },
      { ...of, version: 4, state: 'ready', previousState: 'verifying', cause: 'worker' },
      { ...of, version: 5, state: 'deleted', previousState: 'ready', cause: 'api' },
    ])
    expect(JSON.stringify(entries)).not.toMatch(/staging|objects\//)
  })

  it('gives every transition of the span once, the oldest first, however the pages fall', async () => {
    for (let count = 0; count < 12; count += 1) {
      const { upload } = await world.broker.issueSlot('t', requestFor(someBytes(8)))
      await world.broker.cancelUpload('t', upload.id)
    }
    // Few distinct moments, so that many transitions share one.
    const { db } = world.store
    const rows = await db.selectFrom('transitions').selectAll().execute()
    for (const [nth, { upload_id, version }] of rows.entries()) {
      const same = db.updateTable('transitions').set({ at: nth % 4 })
      await same.where('upload_id', '=', upload_id).where('version', '=', version).execute()
    }
    const moment = fc.integer({ min: 0, max: 5 })
    await fc.assert(
      fc.asyncProperty(moment, moment, fc.integer({ min: 1, max: 30 }), async (from, to, page) => {
        const entries = await exported({ since: new Date(from), until: new Date(to) }, page)
        const wanted = rows.filter((_row, nth) => nth % 4 >= from && nth % 4 < to)
        const names = entries.map(({ uploadId, version }) => `${uploadId} ${version}`)
        expect(names.sort()).toEqual(
          wanted.map(({ upload_id, version }) => `${upload_id} ${version}`).sort(),
        )
        const moments = entries.map(({ at }) => at.getTime())
        expect(moments).toEqual([...moments].sort((a, b) => a - b))
      }),
    )
  })
})
