import { afterAll, beforeAll, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { inTurns, startEmbedded, type Embedded } from '../support/embedded.ts'
import { freePort, patiently, until } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, download, keysBelow, put } from '../support/world.ts'

const UPLOADS = 200
const KILLS = 10

let berth: Berth
let store: Embedded

beforeAll(async () => {
  const storePort = await freePort()
  berth = await createBerth(bucketConfig(`http://127.0.0.1:${storePort}`), {
    LAND_GRACE_SECONDS: '0',
    LAND_MARGIN_SECONDS: '2',
    SWEEP_INTERVAL_SECONDS: '1',
    LEASE_SECONDS: '2',
    // Probes that were cut off leave objects; whatever else were taken for an orphan would be missed.
    ORPHAN_GRACE_SECONDS: '3',
  })
  store = await startEmbedded({ port: storePort, eventsUrl: `${berth.url}/events/s3` })
  await berth.start()
})
afterAll(async () => {
  await store.close()
  await berth.close()
})

it('after ten kill -9 during 200 uploads: every upload ends, and records and objects name each other', async () => {
  const promised = new Map<string, string>()
  let done = 0
  const clients = inTurns(Array.from({ length: UPLOADS }).keys(), 8, async (nth) => {
    const bytes = someBytes(20_000, nth)
    const body = {
      filename: 'f',
      contentType: 'application/octet-stream',
      size: bytes.length,
      expiresIn: 15,
    }
    const { id, slot } = await patiently(() => call(berth, 'POST', '/v1/uploads', body))
    promised.set(id, sha256Of(bytes))
    if (slot) expect(await put(slot, bytes)).toBe(200)
    done += 1
  })
  const killer = async (): Promise<void> => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const after = (kill * UPLOADS) / (KILLS + 1)
      await until('progress', () => Promise.resolve(done >= after))
      // Some tens of milliseconds into whatever is going on by then.
      await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 50))
      await berth.kill()
      await berth.start()
    }
  }
  await Promise.all([clients, killer()])

  // Slots whose 201 never reached the client are records too, and expire.
  const all: Shown[] = []
  await inTurns(await allIds(), 50, async (id) => {
    all.push(await untilFinal(berth, id))
  })
  for (const [id, sha256] of promised) {
    const ended = all.find((upload) => upload.id === id)
    expect([ended?.state, ended?.object?.sha256]).toEqual(['ready', sha256])
  }
  const ready = all.filter(({ state }) => state === 'ready').map(({ object }) => object?.key ?? '')
  await until(
    'the sweeps to be done',
    async () => {
      expect((await keysBelow(store, '')).sort()).toEqual(ready.sort())
      return true
    },
    120,
  )
  await checkServed(ready.length)
  process.stdout.write(
    `killed ${KILLS} times: ${promised.size} acknowledged uploads ready, ${all.length - ready.length} unacknowledged expired, ${ready.length} objects\n`,
  )
}, 300_000)

async function allIds(): Promise<string[]> {
  const ids: string[] = []
  let cursor = ''
  do {
    const page = await call<{ uploads: Shown[]; nextCursor: string | null }>(
      berth,
      'GET',
      `/v1/uploads?limit=200${cursor}`,
    )
    ids.push(...page.uploads.map(({ id }) => id))
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  return ids
}

/** Every ready record's bytes, as a backend would fetch them. */
async function checkServed(expected: number): Promise<void> {
  const database = new Sqlite(berth.databaseFile, { readonly: true })
  const rows = database.prepare(`select id, object from uploads where state = 'ready'`).all() as {
    id: string
    object: string
  }[]
  database.close()
  expect(rows.length).toBe(expected)
  await inTurns(rows, 8, async ({ id, object }) => {
    const { url } = await call<{ url: string }>(berth, 'GET', `/v1/uploads/${id}/download`)
    expect(sha256Of((await download(url)).bytes)).toBe(
      (JSON.parse(object) as { sha256: string }).sha256,
    )
  })
}
