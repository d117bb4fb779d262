import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createUploader, type UploaderOptions } from '../../src/client/index.ts'
import { listening, type Listening } from '../support/listening.ts'
import {
  createNetwork,
  losingTheAnswer,
  losingTheRequest,
  type Network,
} from '../support/network.ts'
import { PARTS_PROFILE, THREE_PARTS, unfinished } from '../support/parts.ts'
import { until } from '../support/processes.ts'
import { sha256Of } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'
import { aMemory } from '../support/uploading.ts'

const READY = {
  state: 'ready',
  object: { size: THREE_PARTS.length, sha256: sha256Of(THREE_PARTS) },
}

let world: World
let berth: Listening
let key: string
let network: Network
beforeAll(async () => {
  world = await createWorld({ profiles: { default: PARTS_PROFILE } })
  berth = await listening(world)
  key = await world.newKey()
})
afterAll(async () => {
  await berth.close()
  await world.close()
})
beforeEach(() => {
  network = createNetwork()
})

const aFile = (name = 'large.bin') =>
  new File([new Uint8Array(THREE_PARTS)], name, { lastModified: 1_700_000_000_000 })

const anUploader = (change: Partial<UploaderOptions> = {}) =>
  createUploader({ baseUrl: berth.url, token: key, fetch: network.fetch, pauseMs: 5, ...change })

const count = (label: string): number => network.sent.filter((each) => each === label).length
const puts = (): number => count('PUT (store)')

describe('a file in parts', () => {
  it('is sent, several parts at a time, and its progress only grows', async () => {
    const told: number[] = []
    let [now, most] = [0, 0]
    const counting: typeof fetch = async (url, init) => {
      most = Math.max(most, (now += 1))
      return network.fetch(url, init).finally(() => (now -= 1))
    }
    const record = await anUploader({ fetch: counting }).upload(aFile(), {
      onProgress: ({ stage, sent }) => {
        if (stage === 'sending') told.push(sent)
      },
    })
    expect(record).toMatchObject(READY)
    expect([puts(), most > 1]).toEqual([3, true])
    expect(told.at(-1)).toBe(THREE_PARTS.length)
    expect(told).toEqual([...told].sort((a, b) => a - b))
  })

  it.each([
    ['the bytes', losingTheRequest],
    ['the answer', losingTheAnswer],
  ])('sends a part again when %s got lost, and no other', async (_what, hop) => {
    network.once('PUT (store)', hop)
    expect(await anUploader().upload(aFile())).toMatchObject(READY)
    expect(puts()).toBe(4)
  })

  it('gets fresh URLs when theirs have expired in the middle', async () => {
    network.once('PUT (store)', async (_sent, pass) => {
      world.clock.advance(901)
      return pass()
    })
    expect(await anUploader({ parallel: 1 }).upload(aFile())).toMatchObject(READY)
  })

  it('goes on with a fresh token for the same subject when its own runs out in the middle', async () => {
    let minted = 0
    const terms = { profile: 'default', subject: 'u-1', maxUploads: 1, maxBytes: null }
    const token = async (): Promise<string> => {
      minted += 1
      const asked = { ...terms, expiresIn: 10 }
      return (await world.broker.createUploadToken('tenant-a', asked)).token
    }
    network.once('PUT (store)', (_sent, pass) => {
      world.clock.advance(100)
      return pass()
    })
    expect(await anUploader({ token }).upload(aFile())).toMatchObject(READY)
    expect(minted).toBe(2)
  })

  it('goes on after a reload with the parts that the store does not hold', async () => {
    const memory = aMemory()
    const [leaving, left] = [new AbortController(), new Error('left')]
    const uploading = anUploader({ resume: memory, parallel: 1 }).upload(aFile(), {
      signal: leaving.signal,
      onProgress: ({ sent }) => {
        if (sent > 9 * 1024 ** 2) leaving.abort(left)
      },
    })
    await expect(uploading).rejects.toThrow('left')
    network = createNetwork()
    const told: number[] = []
    const record = await anUploader({ resume: memory }).upload(aFile(), {
      onProgress: ({ stage, sent }) => {
        if (stage === 'sending') told.push(sent)
      },
    })
    expect(record).toMatchObject(READY)
    expect(puts()).toBe(2)
    expect(told[0]).toBeGreaterThanOrEqual(8 * 1024 ** 2)
  })

  it('is not sent again when only the answer to its completion was lost', async () => {
    network.once('POST /v1/uploads/:id/complete', losingTheAnswer)
    expect(await anUploader().upload(aFile())).toMatchObject(READY)
    expect(puts()).toBe(3)
  })

  it('sends what has vanished from the store behind its back', async () => {
    network.once('POST /v1/uploads/:id/complete', async (sent, pass) => {
      const id = /upl_[0-9a-f]+/.exec(sent.url)?.[0] ?? ''
      const upload = await world.store.db
        .selectFrom('uploads')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      await world.bucket.abortAssembly(
        { bucket: upload.bucket, key: upload.staging_key },
        upload.assembly ?? '',
      )
      return pass()
    })
    expect(await anUploader().upload(aFile())).toMatchObject(READY)
    expect(puts()).toBe(6)
  })

  it('leaves nothing in the store when it is withdrawn', async () => {
    const abort = new AbortController()
    network.once('PUT (store)', ({ init }) => {
      setTimeout(() => abort.abort(new Error('enough')), 5)
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new TypeError('aborted')))
      })
    })
    const uploading = anUploader({ parallel: 2 }).upload(aFile(), { signal: abort.signal })
    await expect(uploading).rejects.toThrow('enough')
    await until('an empty store', async () => {
      await world.broker.sweepStaging(100)
      return (await unfinished(world)).length === 0
    })
  })

  it('ends at the first part that is refused for good, and breaks the others off', async () => {
    network.once('PUT (store)', ({ url }, pass) =>
      pass({ url: url.replace(/Signature=[0-9a-f]{4}/, 'Signature=0000') }),
    )
    await expect(anUploader().upload(aFile())).rejects.toMatchObject({
      code: 'store',
      store: { reason: 'changed' },
    })
  })

  it('without waiting is a failure, and is remembered, when its parts cannot be listed', async () => {
    const memory = aMemory()
    network.once('GET /v1/uploads/:id/parts', () =>
      Promise.resolve(
        Response.json(
          { type: '/problems/storage-unavailable', title: 'away', status: 503 },
          { status: 503 },
        ),
      ),
    )
    const uploader = anUploader({ resume: memory, tries: 1 })
    await expect(uploader.upload(aFile('away'), { wait: false })).rejects.toMatchObject({
      problem: { status: 503 },
    })
    expect(puts()).toBe(0)
    const [upload] = (await world.broker.listPage('tenant-a', {}, 1)).uploads
    const again = await anUploader({ resume: memory }).upload(aFile('away'))
    expect([again.id, again.state]).toEqual([upload?.id, 'ready'])
  })

  it('goes with more parts at a time than Berth signs in one call', async () => {
    const asked: number[] = []
    const stream = () => new Blob(['x']).stream()
    const huge = { size: 150 * 8 * 1024 ** 2, name: 'huge', stream }
    const file = { ...huge, slice: () => file } as unknown as File
    const fetch: UploaderOptions['fetch'] = async (url, init) => {
      const address = url as string
      if (!address.startsWith(berth.url)) return new Response('', { status: 403 })
      const answer = await network.fetch(url, init)
      if (init?.method === 'POST' && address.endsWith('/parts')) asked.push(answer.status)
      return answer
    }
    const sending = anUploader({ fetch, parallel: 60 }).upload(file)
    await expect(sending).rejects.toMatchObject({ code: 'store' })
    expect(asked[0]).toBe(200)
  })
})
