import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createUploader, UploadError } from '../../src/client/index.ts'
import { createBackend, type Backend } from '../../src/client/server.ts'
import { listening, type Listening } from '../support/listening.ts'
import { createNetwork, losingTheAnswer } from '../support/network.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, download, put, type World } from '../support/world.ts'

const BYTES = someBytes(1000)
const REQUEST = { filename: 'f', contentType: 'application/octet-stream', size: BYTES.length }

let world: World
let berth: Listening
let apiKey: string
let backend: Backend
beforeAll(async () => {
  world = await createWorld()
  berth = await listening(world)
  apiKey = await world.newKey()
  backend = createBackend({ baseUrl: berth.url, apiKey, pauseMs: 5 })
})
afterAll(async () => {
  await berth.close()
  await world.close()
})

const slotOf = ({ slot }: Awaited<ReturnType<Backend['requestSlot']>>) => {
  if (!slot) throw new Error('no slot')
  return { ...slot, method: 'PUT' as const, expiresAt: new Date(slot.expiresAt) }
}

describe('a backend', () => {
  it('asks for a slot, sees the upload get ready, and hands out a download', async () => {
    const issued = await backend.requestSlot({ ...REQUEST, metadata: { orderId: '17' } })
    expect(await put(slotOf(issued), BYTES)).toBe(200)
    await world.broker.completeUpload('tenant-a', issued.id)
    const ready = await backend.getUpload(issued.id, { wait: 20 })
    expect(ready).toMatchObject({ state: 'ready', metadata: { orderId: '17' } })
    const { url, sha256 } = await backend.download(issued.id, { expiresIn: 60 })
    expect([(await download(url)).bytes.equals(BYTES), sha256]).toEqual([true, sha256Of(BYTES)])
    expect((await backend.receipt(issued.id)).sha256).toBe(sha256)
    expect((await backend.deleteUpload(issued.id)).state).toBe('deleted')
  })

  it('asks for many at once, each answered by itself', async () => {
    const results = await backend.requestSlots([REQUEST, { ...REQUEST, size: -1 }])
    expect(results[0]).toMatchObject({ upload: { state: 'pending' } })
    expect(results[1]).toMatchObject({ problem: { status: 422 } })
  })

  it('gets the same upload for the same key, and when an answer is lost', async () => {
    const again = { idempotencyKey: 'order-17' }
    const [first, second] = [
      await backend.requestSlot(REQUEST, again),
      await backend.requestSlot(REQUEST, again),
    ]
    expect(second.id).toBe(first.id)
    const network = createNetwork()
    network.once('POST /v1/uploads', losingTheAnswer)
    const unlucky = createBackend({ baseUrl: berth.url, apiKey, pauseMs: 5, fetch: network.fetch })
    const { id } = await unlucky.requestSlot({ ...REQUEST, filename: 'once' })
    const { uploads } = await world.broker.listPage('tenant-a', {}, 100)
    expect(
      uploads.filter(({ declared }) => declared.filename === 'once').map((each) => each.id),
    ).toEqual([id])
  })

  it('makes a token that a page uploads with, and that gives it nothing more', async () => {
    const { token } = await backend.createToken({ subject: 'user-17', maxUploads: 1 })
    const page = createUploader({ baseUrl: berth.url, token })
    const record = await page.upload(new Blob([new Uint8Array(BYTES)]))
    expect(record).toMatchObject({ state: 'ready', subject: 'user-17' })
    await expect(page.upload(new Blob(['more']))).rejects.toBeInstanceOf(UploadError)
  })

  it('is told in a problem what it did wrong', async () => {
    const error: unknown = await backend
      .requestSlot({ ...REQUEST, profile: 'nope' })
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'refused',
      problem: { status: 422, errors: [{ pointer: '/profile' }] },
    })
  })
})
