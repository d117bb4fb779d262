import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'

let berth: Berth
let store: Embedded

beforeAll(async () => {
  store = await startEmbedded({ port: 0, eventsUrl: null })
  berth = await createBerth(store.config)
  await berth.start()
})
afterAll(async () => {
  await store.close()
  await berth.close()
})

it('on SIGTERM answers the long polls that are waiting, and exits with 0', async () => {
  const body = { filename: 'f', contentType: 'application/octet-stream', size: 10 }
  const { id } = await call(berth, 'POST', '/v1/uploads', body)
  const waiting = call(berth, 'GET', `/v1/uploads/${id}?wait=30`)
  // The poll has begun once the next request on another connection was answered.
  await call(berth, 'GET', '/v1/uploads')
  const stopped = berth.stop()
  expect((await waiting).state).toBe('pending')
  expect(await stopped).toBe(0)
})
