import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PartPlan } from '../../src/upload/parts.ts'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { inTurns, startEmbedded, type Embedded } from '../support/embedded.ts'
import { PARTS_PROFILE, pieceOf, unfinished } from '../support/parts.ts'
import { freePort, patiently, until } from '../support/processes.ts'
import { send } from '../support/raw-put.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, keysBelow } from '../support/world.ts'

const UPLOADS = 12
const KILLS = 8
const BYTES = someBytes(16 * 1024 ** 2 + 500)

let berth: Berth
let store: Embedded
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-parts-'))
  const profiles = join(folder, 'profiles.json')
  writeFileSync(profiles, JSON.stringify({ profiles: { default: PARTS_PROFILE } }))
  const storePort = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${storePort}`), {
    BERTH_PROFILES: profiles,
    LAND_GRACE_SECONDS: '0',
    LAND_MARGIN_SECONDS: '2',
    SWEEP_INTERVAL_SECONDS: '1',
    LEASE_SECONDS: '2',
    ORPHAN_GRACE_SECONDS: '3',
  })
  store = await startEmbedded({ port: storePort, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
})
afterAll(async () => {
  await store.close()
  await berth.close()
  rmSync(folder, { recursive: true, force: true })
})

type Held = { parts: { partNumber: number; size: number }[] }
type Signed = { parts: { partNumber: number; url: string; headers: Record<string, string> }[] }

/** Asks what is there, sends what is not, says that it is done. @returns whether it was heard. */
async function goOn(id: string, plan: PartPlan, bytes: Buffer): Promise<boolean> {
  if ((await call(berth, 'GET', `/v1/uploads/${id}`)).state !== 'pending') return true
  const path = `/v1/uploads/${id}/parts`
  const held = (await call<Held>(berth, 'GET', path)).parts.map(({ partNumber }) => partNumber)
  const missing = [1, 2, 3].filter((number) => !held.includes(number))
  for (const number of missing) {
    const { parts } = await call<Signed>(berth, 'POST', path, { partNumbers: [number] })
    const [part] = parts
    if (part) await send({ method: 'PUT', ...part }, pieceOf(bytes, plan, number))
  }
  await call(berth, 'POST', `/v1/uploads/${id}/complete`)
  return true
}

it('after eight kill -9 during uploads in parts: all are ready whole, and nothing unfinished is left', async () => {
  const promised = new Map<string, string>()
  let steps = 0
  const clients = inTurns(Array.from({ length: UPLOADS }).keys(), 3, async (nth) => {
    const bytes = Buffer.concat([BYTES, Buffer.from(`upload ${nth}`)])
    const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
    const ask = () =>
      call<Shown & { parts: PartPlan }>(berth, 'POST', '/v1/uploads', { ...body, expiresIn: 60 })
    const { id, parts } = await patiently(ask)
    steps += 1
    promised.set(id, sha256Of(bytes))
    await until('an upload to be sent', () => goOn(id, parts, bytes))
    steps += 1
  })
  const killer = async (): Promise<void> => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await until('progress', () => Promise.resolve(steps >= (kill * 2 * UPLOADS) / (KILLS + 1)))
      await new Promise((resolve) => setTimeout(resolve, (kill * 61) % 200))
      await berth.kill()
      await berth.start()
    }
  }
  await Promise.all([clients, killer()])

  for (const [id, sha256] of promised) {
    const { state, object } = await untilFinal(berth, id)
    expect([state, object?.sha256]).toEqual(['ready', sha256])
  }
  expect(promised.size).toBe(UPLOADS)
  await until(
    'the sweeps to be done',
    async () => {
      expect(await unfinished(store)).toEqual([])
      expect(await keysBelow(store, 'objects/')).toHaveLength(UPLOADS)
      return true
    },
    120,
  )
}, 300_000)
