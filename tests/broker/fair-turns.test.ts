import { afterEach, expect, it } from '@jest/globals'
import { requestFor, someBytes } from '../support/uploads.ts'
import { createWorld, put, type World } from '../support/world.ts'

let world: World
afterEach(() => world.close())

it('takes the tenants in turns, so that one with many uploads waiting holds nobody up', async () => {
  world = await createWorld()
  const land = async (tenant: string): Promise<void> => {
    const bytes = someBytes(5)
    const { upload, slot } = await world.broker.issueSlot(tenant, requestFor(bytes))
    await put(slot, bytes)
    await world.broker.completeUpload(tenant, upload.id)
  }
  for (let nth = 0; nth < 20; nth += 1) await land('many')
  await land('few')
  await land('few')
  await land('one')

  const tenants = (await world.broker.nextVerifications(6)).map(({ tenant }) => tenant)
  expect(tenants).toEqual(['many', 'few', 'one', 'many', 'few', 'many'])
})
