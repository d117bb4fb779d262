import { expect, it } from '@jest/globals'
import { recordEnded } from '../../src/store/transitions.ts'
import { findById } from '../../src/store/uploads.ts'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, put } from '../support/world.ts'

it('does not expire an upload that was renewed since it was looked at: its new slot brings it to ready', async () => {
  const world = await createWorld()
  const bytes = someBytes(64)
  const { upload } = await world.broker.issueSlot('t', requestFor(bytes))
  const looked = await findById(world.store, upload.id)
  world.clock.advance(900 + 1020 + 1)
  const at = world.clock.now()

  const { slot } = await world.broker.renewSlot('t', upload.id)
  const expired =
    looked && (await recordEnded(world.store, looked, 'expired', { at, cause: 'sweep' }))
  expect(expired).toBeNull()

  expect(await put(slot, bytes)).toBe(200)
  await world.broker.completeUpload('t', upload.id)
  await world.work()
  expect((await findById(world.store, upload.id))?.state).toBe('ready')
  await world.close()
})
