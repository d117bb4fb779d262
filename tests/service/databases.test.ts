import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { freePort } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { bucketConfig, download, put } from '../support/world.ts'

const bytes = someBytes(20_000)
const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }

let postgres: Postgres
let shared: string
beforeAll(async () => {
  postgres = await startPostgres()
  shared = await postgres.newDatabase()
}, 60_000)
afterAll(() => postgres.close())

/** Two processes of the built program; the store tells the first of what arrives. */
async function withNodes(
  env: NodeJS.ProcessEnv[],
  use: (nodes: Berth[], store: Embedded) => Promise<void>,
): Promise<void> {
  const storePort = await freePort()
  const config = bucketConfig(`http://127.0.0.1:${storePort}`)
  const nodes = await Promise.all(env.map((one) => createBerth(config, one)))
  const eventsUrl = `${nodes[0]?.url ?? ''}/events/s3`
  const store = await startEmbedded({ port: storePort, eventsUrl })
  try {
    await Promise.all(nodes.map((node) => node.start()))
    await use(nodes, store)
  } finally {
    await Promise.all(nodes.map((node) => node.close()))
    await store.close()
  }
}

async function uploadOnce(node: Berth, waitOn: Berth = node): Promise<void> {
  const { id, slot } = await call(node, 'POST', '/v1/uploads', body)
  if (!slot) throw new Error('no slot')
  const waiting = untilFinal(waitOn, id)
  expect(await put(slot, bytes)).toBe(200)
  const upload = await waiting
  expect([upload.state, upload.object?.sha256]).toEqual(['ready', sha256Of(bytes)])
  const { url } = await call<{ url: string }>(waitOn, 'GET', `/v1/uploads/${id}/download`)
  expect((await download(url)).bytes.equals(bytes)).toBe(true)
}

describe('the same program, with nothing changed but DATABASE_URL', () => {
  it.each([
    ['SQLite', (): NodeJS.ProcessEnv => ({})],
    ['PostgreSQL', (): NodeJS.ProcessEnv => ({ DATABASE_URL: shared })],
  ])(
    'takes an upload to ready on %s, and ends cleanly',
    async (_name, env) => {
      await withNodes([env()], async ([node]) => {
        if (!node) throw new Error('no node')
        await uploadOnce(node)
        expect(await node.stop()).toBe(0)
      })
    },
    60_000,
  )

  it('is one service on two nodes: one issues and verifies, the other is asked and serves', async () => {
    const env = { DATABASE_URL: await postgres.newDatabase() }
    await withNodes([env, { ...env, ROLES: 'api' }], async ([worker, api]) => {
      if (!worker || !api) throw new Error('no nodes')
      await uploadOnce(worker, { ...api, key: worker.key })
      await uploadOnce({ ...api, key: worker.key }, worker)
    })
  }, 60_000)
})
