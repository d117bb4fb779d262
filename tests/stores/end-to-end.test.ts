import { afterEach, describe, expect, it } from '@jest/globals'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { freePort } from '../support/processes.ts'
import { PNG, sha256Of } from '../support/uploads.ts'
import { download, EVENTS_TOKEN, put } from '../support/world.ts'
import { bucketConfigFor, startMinio, startVersitygw, type RealStore } from './servers.ts'

let berth: Berth | null = null
let store: RealStore | null = null

afterEach(async () => {
  await store?.close()
  await berth?.close()
})

/** Berth first: versitygw refuses to start when nobody answers its test event. */
async function start(startStore: typeof startMinio): Promise<Berth> {
  const port = await freePort()
  // No look of its own comes within the test, so only the store's event can move the upload.
  berth = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`))
  await berth.start()
  const webhook = { url: `${berth.url}/events/s3`, token: EVENTS_TOKEN, queue: true }
  store = await startStore(webhook, port)
  return berth
}

describe.each([
  ['MinIO', startMinio],
  ['versitygw', startVersitygw],
])('an upload through %s', (_name, startStore) => {
  it("is told of by the store's own webhook, verified, and served as it was verified", async () => {
    const running = await start(startStore)
    const body = { filename: 'pixel.png', contentType: 'image/png', size: PNG.length }
    const issued = await call(running, 'POST', '/v1/uploads', body)
    if (!issued.slot) throw new Error('no slot')
    expect(await put(issued.slot, PNG)).toBe(200)
    expect(await put(issued.slot, PNG)).toBe(412)

    const ended = await untilFinal(running, issued.id)
    expect(ended).toMatchObject({ state: 'ready', object: { sha256: sha256Of(PNG) } })
    const { history } = await call<{ history: Pick<Shown, 'state'>[] }>(
      running,
      'GET',
      `/v1/uploads/${issued.id}/history`,
    )
    expect(history).toMatchObject([
      { state: 'pending', cause: 'api' },
      { state: 'received', cause: 'event' },
      { state: 'verifying' },
      { state: 'ready' },
    ])
    const { url } = await call<{ url: string }>(running, 'GET', `/v1/uploads/${issued.id}/download`)
    expect(sha256Of((await download(url)).bytes)).toBe(ended.object?.sha256)
  })
})
