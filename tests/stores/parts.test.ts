import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { PartPlan } from '../../src/upload/parts.ts'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { PARTS_PROFILE, pieceOf, THREE_PARTS } from '../support/parts.ts'
import { until } from '../support/processes.ts'
import { send } from '../support/raw-put.ts'
import { sha256Of } from '../support/uploads.ts'
import { BUCKET, download } from '../support/world.ts'
import { startMinio, startVersitygw, type RealStore } from './servers.ts'

type Signed = { parts: { partNumber: number; url: string; headers: Record<string, string> }[] }

const BODY = {
  filename: 'f',
  contentType: 'application/octet-stream',
  size: THREE_PARTS.length,
  expiresIn: 15,
}

describe.each([
  ['MinIO', startMinio],
  ['versitygw', startVersitygw],
])('uploads in parts through Berth and %s', (_name, start) => {
  let store: RealStore
  let berth: Berth
  let bucket: Bucket
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'berth-parts-'))
    const profiles = join(folder, 'profiles.json')
    writeFileSync(profiles, JSON.stringify({ profiles: { default: PARTS_PROFILE } }))
    store = await start(null)
    bucket = createBucket(store.config)
    berth = await createBerth(store.config, {
      BERTH_PROFILES: profiles,
      LAND_GRACE_SECONDS: '0',
      LAND_MARGIN_SECONDS: '1',
      SWEEP_INTERVAL_SECONDS: '1',
    })
    await berth.start()
  })
  afterAll(async () => {
    await berth.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const issue = () => call<Shown & { parts: PartPlan }>(berth, 'POST', '/v1/uploads', BODY)

  /** @returns the staging key, as the URLs tell it. */
  async function sendAll(id: string, plan: PartPlan, partNumbers: number[]): Promise<string> {
    const path = `/v1/uploads/${id}/parts`
    const { parts } = await call<Signed>(berth, 'POST', path, { partNumbers })
    for (const part of parts) {
      const body = pieceOf(THREE_PARTS, plan, part.partNumber)
      expect(await send({ method: 'PUT', ...part }, body)).toBe(200)
    }
    const { pathname } = new URL(parts[0]?.url ?? '')
    return pathname.slice(`/${BUCKET}/`.length)
  }

  const untilNothingIsLeftAt = (key: string) =>
    until('the sweeps', async () => {
      // By its very key, as MinIO lists what is unfinished no other way.
      for await (const one of bucket.listAssemblies(BUCKET, key)) throw new Error(one.assembly)
      return (await bucket.head({ bucket: BUCKET, key })) === null
    })

  it('are completed twice at once, verified, served whole, and leave nothing behind', async () => {
    const { id, parts } = await issue()
    const key = await sendAll(id, parts, [1, 2, 3])
    const complete = () => call(berth, 'POST', `/v1/uploads/${id}/complete`)
    await Promise.all([complete(), complete()])
    expect(await untilFinal(berth, id)).toMatchObject({
      state: 'ready',
      object: { sha256: sha256Of(THREE_PARTS) },
    })
    const { url } = await call<{ url: string }>(berth, 'GET', `/v1/uploads/${id}/download`)
    expect((await download(url)).bytes.equals(THREE_PARTS)).toBe(true)
    await untilNothingIsLeftAt(key)
  }, 60_000)

  it('are made whole by Berth when the client vanishes after its last part', async () => {
    const { id, parts } = await issue()
    await sendAll(id, parts, [1, 2, 3])
    expect((await untilFinal(berth, id)).state).toBe('ready')
  }, 90_000)

  // By their expiry as well: tests/contract/parts-adversary, where nobody has to wait for it.
  it('are ended in the store by a cancel', async () => {
    const { id, parts } = await issue()
    const key = await sendAll(id, parts, [1, 2])
    await call(berth, 'DELETE', `/v1/uploads/${id}`)
    await untilNothingIsLeftAt(key)
  }, 60_000)
})
