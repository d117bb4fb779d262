import { afterEach, describe, expect, it } from '@jest/globals'
import type { Slot } from '../../src/bucket/slots.ts'
import type { Protections } from '../../src/dev/object-store/types.ts'
import { findById } from '../../src/store/uploads.ts'
import { send } from '../support/raw-put.ts'
import { requestFor, sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, download, keysBelow, put, type World } from '../support/world.ts'

let world: World
afterEach(() => world.close())

const BYTES = someBytes(64)
const OTHER = someBytes(64, 1)

type Breach = {
  name: string
  /** What the store answers when it keeps the promise. */
  refusal: number
  /** Switched off, so that the store lets the breach through. */
  off: Partial<Protections>
  breach: (slot: Slot | null) => Promise<number>
  reason: string
}

const BREACHES: Breach[] = [
  {
    name: 'one byte longer',
    refusal: 403,
    off: { signature: false, checksum: false },
    breach: (slot) => send(slot, someBytes(65)),
    reason: 'size-mismatch',
  },
  {
    name: 'one byte shorter',
    refusal: 403,
    off: { signature: false, checksum: false },
    breach: (slot) => send(slot, someBytes(63)),
    reason: 'size-mismatch',
  },
  {
    name: 'chunked, and longer',
    refusal: 411,
    off: { signature: false, checksum: false },
    breach: (slot) => send(slot, someBytes(65), { 'transfer-encoding': 'chunked' }),
    reason: 'size-mismatch',
  },
  {
    name: 'of another type',
    refusal: 403,
    off: { signature: false, checksum: false },
    breach: (slot) => send(slot, BYTES, { 'content-type': 'text/html' }),
    reason: 'content-type-mismatch',
  },
  {
    name: "encrypted with the client's key (H25)",
    refusal: 403,
    off: { signature: false },
    breach: (slot) =>
      send(slot, BYTES, { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }),
    reason: 'unreadable',
  },
  {
    name: 'with another body than the declared SHA-256',
    refusal: 400,
    off: { checksum: false },
    breach: (slot) => send(slot, OTHER),
    reason: 'sha256-mismatch',
  },
  {
    name: 'repeated, with another body than the declared SHA-256',
    refusal: 412,
    off: { singleUse: false, checksum: false },
    breach: async (slot) => {
      await send(slot, BYTES)
      return send(slot, OTHER)
    },
    reason: 'sha256-mismatch',
  },
]

async function breach({ off, breach }: Breach, isOff: boolean) {
  world = await createWorld({ protections: isOff ? off : {} })
  const { upload, slot } = await world.broker.issueSlot(
    't',
    requestFor(BYTES, { sha256: sha256Of(BYTES) }),
  )
  const status = await breach(slot)
  world.clock.advance(20)
  await world.broker.sweepLooks(10)
  await world.work()
  return { status, upload: await findById(world.store, upload.id) }
}

describe.each(BREACHES)('a PUT that is $name', (row) => {
  it('is refused by the store', async () => {
    const { status, upload } = await breach(row, false)
    expect(status).toBe(row.refusal)
    expect(upload?.state).toBe(row.refusal === 412 ? 'ready' : 'pending')
  })

  it('is rejected by verification when the store lets it through, and never ready', async () => {
    const { status, upload } = await breach(row, true)
    expect(status).toBe(200)
    expect(upload).toMatchObject({ state: 'rejected', rejection: { reason: row.reason } })
    expect(await keysBelow(world, 'objects/')).toEqual([])
  })
})

describe('a PUT that is late', () => {
  it('is refused by the store once the slot has expired', async () => {
    world = await createWorld()
    const { slot } = await world.broker.issueSlot('t', requestFor(BYTES))
    world.clock.advance(901)
    expect(await put(slot, BYTES)).toBe(403)
  })

  it('changes nothing after landBy when the store lets it through: expired, never ready, removed', async () => {
    world = await createWorld({ protections: { expiry: false } })
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(BYTES))
    world.clock.advance(2000)
    await world.broker.sweepLooks(10)
    expect(await put(slot, BYTES)).toBe(200)
    await world.broker.sweepLooks(10)
    await world.work()
    expect((await findById(world.store, upload.id))?.state).toBe('expired')
    await world.broker.sweepStaging(10)
    expect(await keysBelow(world, '')).toEqual([])
  })
})

describe('a PUT that is repeated after the verdict', () => {
  it('never changes the bytes that are served, on a store that lets it through', async () => {
    world = await createWorld({ protections: { singleUse: false } })
    const { upload, slot } = await world.broker.issueSlot('t', requestFor(BYTES))
    await put(slot, BYTES)
    await world.broker.completeUpload('t', upload.id)
    await world.work()
    expect(await put(slot, OTHER)).toBe(200)
    const { url } = await world.broker.downloadUpload('t', upload.id, null)
    expect((await download(url)).bytes).toEqual(BYTES)
  })
})
