/** Uploads in parts: what is recorded of them, and when what is left of them is due. */

import { describe, expect, it } from '@jest/globals'
import { forgetAssembly, recordAssembly } from '../../src/store/assemblies.ts'
import { listStagingDue, postponeStaging, recordStagingGone } from '../../src/store/staging.ts'
import { recordEnded, recordGone } from '../../src/store/transitions.ts'
import { findById, renewPending } from '../../src/store/uploads.ts'
import type { Upload } from '../../src/upload/upload.ts'
import { after, byWorker, moved, now, type Fixture } from './store-fixture.ts'

const PLAN = { size: 525 * 1024 ** 2, count: 9_987 }

export function describeParts(f: Fixture): void {
  const inParts = (change: Partial<Upload> = {}) => f.pending({ parts: PLAN, ...change })
  const assemblyOf = async ({ id }: Upload) => (await findById(f.store, id))?.assembly

  describe('an upload in parts', () => {
    it('keeps its plan, and is told apart from one that is a single PUT', async () => {
      const { id } = await inParts()
      expect(await findById(f.store, id)).toMatchObject({ parts: PLAN, assembly: null })
      const { id: single } = await f.pending()
      expect((await findById(f.store, single))?.parts).toBeNull()
    })

    it('is gathered in the one multipart upload that is recorded first, whichever node asks', async () => {
      const upload = await inParts()
      const won = await f.withAnother((other) =>
        Promise.all([
          recordAssembly(f.store, upload, 'a'),
          recordAssembly(other, upload, 'b'),
          recordAssembly(f.store, upload, 'c'),
        ]),
      )
      const [recorded, ...more] = won.filter((each) => each !== null)
      expect(more).toEqual([])
      expect(recorded).toMatchObject({ version: 1, state: 'pending' })
      expect(await assemblyOf(upload)).toBe(recorded?.assembly)
    })

    it('forgets just the multipart upload that is over, so that another can begin', async () => {
      const upload = await moved(recordAssembly(f.store, await inParts(), 'a'))
      await forgetAssembly(f.store, { ...upload, assembly: 'before' })
      expect(await assemblyOf(upload)).toBe('a')
      await forgetAssembly(f.store, upload)
      expect(await assemblyOf(upload)).toBeNull()
      expect(await recordAssembly(f.store, upload, 'b')).toMatchObject({ assembly: 'b' })
    })

    it('begins none once it is over', async () => {
      const upload = await inParts()
      await moved(recordEnded(f.store, upload, 'canceled', byWorker))
      expect(await recordAssembly(f.store, upload, 'a')).toBeNull()
      expect(await assemblyOf(upload)).toBeNull()
    })

    it('whose object is gone again has to be sent again', async () => {
      const received = await f.received({ parts: PLAN, assembly: 'a' })
      expect(await moved(recordGone(f.store, received, now, byWorker))).toMatchObject({
        state: 'pending',
        assembly: null,
        parts: PLAN,
      })
    })

    it('is due for clean-up as soon as it is over, and again when nothing can land any more', async () => {
      const upload = await inParts()
      const due = async (at: Date) =>
        (await listStagingDue(f.store, at, 5)).map(({ id }) => id === upload.id)
      await renewPending(f.store, upload, {
        slotExpiresAt: after(900),
        landBy: after(2_000),
        dueAt: after(15),
      })
      expect(await due(after(9_000))).toEqual([])
      await moved(recordEnded(f.store, upload, 'canceled', byWorker))
      expect(await due(now)).toEqual([true])
      await postponeStaging(f.store, upload.id, after(2_000))
      expect(await due(after(1_999))).toEqual([])
      expect(await due(after(2_000))).toEqual([true])
      await recordStagingGone(f.store, upload.id)
      expect(await due(after(9_000))).toEqual([])
    })
  })
}
