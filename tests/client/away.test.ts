import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createUploader, type UploaderOptions } from '../../src/client/index.ts'
import type { Listening } from '../support/listening.ts'
import { createNetwork, losingTheRequest, type Network } from '../support/network.ts'
import { aMemory, aFile, BYTES, failure, startUploading } from '../support/uploading.ts'
import type { World } from '../support/world.ts'

let world: World
let berth: Listening
let key: string
let network: Network

beforeAll(async () => {
  ;({ world, berth, key } = await startUploading())
})
afterAll(async () => {
  await berth.close()
  await world.close()
})
beforeEach(() => {
  network = createNetwork()
})

const anUploader = (change: Partial<UploaderOptions> = {}) =>
  createUploader({ baseUrl: berth.url, token: key, fetch: network.fetch, pauseMs: 5, ...change })

const uploadsOf = async (filename: string): Promise<string[]> => {
  const { uploads } = await world.broker.listPage('tenant-a', {}, 200)
  return uploads.filter(({ declared }) => declared.filename === filename).map(({ state }) => state)
}

describe('a token that has run out', () => {
  it('is asked for anew, once', async () => {
    const tokens = ['berth_0000000000000000_expired', key]
    const asked: string[] = []
    const token = (): Promise<string> => {
      const next = tokens.shift() ?? key
      asked.push(next)
      return Promise.resolve(next)
    }
    expect((await anUploader({ token }).upload(aFile())).state).toBe('ready')
    expect(asked).toHaveLength(2)
  })

  it('is asked for again when the page could not get one, once by all who wait for it', async () => {
    let asked = 0
    const token = (): Promise<string> => {
      asked += 1
      return asked === 1 ? Promise.reject(new TypeError('Failed to fetch')) : Promise.resolve(key)
    }
    const uploader = anUploader({ token })
    const records = await Promise.all([uploader.upload(aFile()), uploader.upload(aFile())])
    expect(records.map(({ state }) => state)).toEqual(['ready', 'ready'])
    expect(asked).toBe(2)
  })

  it('and cannot be had says so, with what the page threw', async () => {
    const cause = new TypeError('Failed to fetch')
    const uploader = anUploader({ token: () => Promise.reject(cause), tries: 2 })
    expect(await failure(uploader.upload(aFile()))).toMatchObject({ code: 'unreachable', cause })
  })
})

describe('a store that is away for longer than the tries', () => {
  const away = () =>
    Promise.resolve(
      Response.json(
        { type: '/problems/storage-unavailable', title: 'away', status: 503 },
        { status: 503 },
      ),
    )
  const complete = 'POST /v1/uploads/:id/complete'

  it('without waiting is a failure, and is remembered, when nothing was sent', async () => {
    const memory = aMemory()
    const file = aFile(BYTES, 'application/octet-stream', 'store away')
    const uploader = anUploader({ resume: memory, tries: 1 })
    network.once('PUT (store)', losingTheRequest)
    expect((await failure(uploader.upload(file, { wait: false }))).code).toBe('unreachable')
    network.once(complete, away)
    const { problem } = await failure(uploader.upload(file, { wait: false }))
    expect(problem?.status).toBe(503)
    expect([memory.size(), await uploadsOf('store away')]).toEqual([1, ['pending']])
    expect((await uploader.upload(file)).state).toBe('ready')
  })

  it('is no failure when the bytes were sent just now', async () => {
    network.once(complete, away)
    const record = await anUploader({ tries: 1 }).upload(aFile(), { wait: false })
    expect(record.state).toBe('pending')
    expect((await anUploader().upload(aFile())).state).toBe('ready')
  })
})
