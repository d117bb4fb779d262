import { expect, it } from '@jest/globals'
import { createFuse } from '../support/fuse.ts'
import { aSlotRequest } from '../support/uploads.ts'
import { createTestBroker, createWorld } from '../support/world.ts'

const caller = { tenant: 't', keyId: 'k', scopes: ['uploads:write'], token: null }
const asked = (body: object) => ({ caller, key: { route: 'r', key: 'k', body } })
const profiles = { default: {} }

// Two writes, the claim and the upload: each may be cut off before it, or after it was committed.
it.each([0, 1, 2, 3, 4])(
  'K1 K2 K3 a crash after %d steps of a call with a key leaves, after its repeat, one upload',
  async (steps) => {
    const world = await createWorld({ profiles })
    const { bucket, clock } = world
    const fuse = createFuse()
    const dying = createTestBroker({
      store: fuse.guardStore(world.store),
      bucket,
      clock,
      profiles,
    })
    const request = aSlotRequest()
    fuse.light(steps)
    const first = await dying.createUpload(asked(request), request).catch(() => null)

    clock.advance(31)
    const again = await world.broker.createUpload(asked(request), request)
    const rows = await world.store.db.selectFrom('uploads').select('id').execute()
    expect(rows).toEqual([{ id: again.value.upload.id }])
    expect(again.value.slot).not.toBeNull()
    if (first) expect(again.value.upload.id).toBe(first.value.upload.id)
    const quota = await world.store.db.selectFrom('quotas').select('open_slots').execute()
    expect(quota).toEqual([{ open_slots: 1 }])
    await world.close()
  },
)
