import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { advance } from '../../src/store/advance.ts'
import {
  recordEnded,
  recordLease,
  recordReceived,
  recordRejected,
} from '../../src/store/transitions.ts'
import { findById } from '../../src/store/uploads.ts'
import { isFinal } from '../../src/upload/transitions.ts'
import { UPLOAD_STATES, type Upload, type UploadState } from '../../src/upload/upload.ts'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { someBytes } from '../support/uploads.ts'
import { createWorld, put, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld({
    profiles: { default: {}, one: { openSlots: 1 }, bytes: { reservedBytes: 100 } },
  })
})
afterAll(() => world.close())

const reservedOf = (tenant: string) =>
  world.store.db
    .selectFrom('quotas')
    .select(['open_slots', 'reserved_bytes'])
    .where('tenant', '=', tenant)
    .executeTakeFirst()

async function apiFor(tenant: string): Promise<Api> {
  return apiOf(world, await world.newKey(tenant))
}

describe('quotas', () => {
  it.each([
    ['one open slot', { ...slotBody, profile: 'one' }],
    ['bytes for one', { ...slotBody, profile: 'bytes', size: 60 }],
  ])(
    'C15 answer exactly one of fifty parallel requests with 201 when there is room for %s',
    async (what, body) => {
      const api = await apiFor(`tenant of ${what}`)
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => api.post('/v1/uploads', body).then((answer) => answer)),
      )
      const said = answers.map(({ status }) => status)
      expect(said.filter((status) => status === 201)).toHaveLength(1)
      expect(said.filter((status) => status === 403)).toHaveLength(49)
      const refused = answers.find(({ status }) => status === 403)
      expect(refused?.body.type).toBe('/problems/quota-exceeded')
      expect(await reservedOf(`tenant of ${what}`)).toEqual({
        open_slots: 1,
        reserved_bytes: body.size,
      })
    },
  )
})

const at = new Date()

async function leased(upload: Upload): Promise<Upload> {
  const lease = { node: 'n', until: at, sealedKey: `objects/${upload.id}`, graceMs: 1 }
  const verifying = await recordLease(world.store, upload, lease, { at, cause: 'worker' })
  if (!verifying) throw new Error('not leased')
  return verifying
}

/** How an upload with its object in place comes to each final state. */
const ENDS: Record<string, (upload: Upload, api: Api) => Promise<unknown>> = {
  ready: () => world.work(),
  rejected: async (upload) => {
    const rejection = { reason: 'infected', detail: '', expected: '', observed: '' } as const
    await recordRejected(world.store, await leased(upload), rejection, { at, cause: 'worker' })
  },
  expired: (upload) => recordEnded(world.store, upload, 'expired', { at, cause: 'sweep' }),
  canceled: (upload, api) => api.delete(`/v1/uploads/${upload.id}`).then((answer) => answer),
  failed: async (upload) => {
    await recordEnded(world.store, await leased(upload), 'failed', { at, cause: 'worker' })
  },
  deleted: async ({ id }, api) => {
    await world.work()
    await api.delete(`/v1/uploads/${id}`)
  },
}

describe('what an upload reserves', () => {
  it.each(UPLOAD_STATES.filter(isFinal))('is given back once, when it is %s', async (state) => {
    const tenant = `tenant-${state}`
    const api = await apiFor(tenant)
    const { body } = await api.post('/v1/uploads', slotBody)
    expect(await reservedOf(tenant)).toEqual({ open_slots: 1, reserved_bytes: slotBody.size })
    await put(body.slot, someBytes(slotBody.size))
    await api.post(`/v1/uploads/${body.id}/complete`)
    const upload = await findById(world.store, body.id)
    if (!upload) throw new Error('no upload')
    await ENDS[state]?.(upload, api)
    expect((await findById(world.store, body.id))?.state).toBe(state satisfies UploadState)
    expect(await reservedOf(tenant)).toEqual({ open_slots: 0, reserved_bytes: 0 })
  })

  it('is taken again when an operator reopens a failed upload', async () => {
    const tenant = 'tenant-reopened'
    const api = await apiFor(tenant)
    const { body } = await api.post('/v1/uploads', slotBody)
    const pending = await findById(world.store, body.id)
    if (!pending) throw new Error('no upload')
    const observed = { size: 64, contentType: 'a/b', etag: 'e', versionId: null }
    const received = await recordReceived(world.store, pending, observed, { at, cause: 'event' })
    if (!received) throw new Error('not received')
    await ENDS['failed']?.(received, api)
    const failed = await findById(world.store, body.id)
    if (!failed) throw new Error('no upload')
    await advance(world.store, failed, { to: 'received', cause: 'operator', at })
    expect(await reservedOf(tenant)).toEqual({ open_slots: 1, reserved_bytes: slotBody.size })
  })
})
