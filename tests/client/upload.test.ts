import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  createUploader,
  type Memory,
  type Progress,
  type UploaderOptions,
} from '../../src/client/index.ts'
import { listening, type Listening } from '../support/listening.ts'
import {
  createNetwork,
  losingTheAnswer,
  losingTheRequest,
  type Network,
} from '../support/network.ts'
import { until } from '../support/processes.ts'
import { aMemory, aFile, BYTES, failure, startUploading } from '../support/uploading.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'

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

type Options = Parameters<ReturnType<typeof createUploader>['upload']>[1]

const puts = (): number => network.sent.filter((label) => label === 'PUT (store)').length

const uploadsOf = async (filename: string): Promise<string[]> => {
  const { uploads } = await world.broker.listPage('tenant-a', {}, 200)
  return uploads.filter(({ declared }) => declared.filename === filename).map(({ state }) => state)
}

describe('upload', () => {
  it('resolves with the ready record of just these bytes, and tells how far it is', async () => {
    const told: Progress[] = []
    const record = await anUploader().upload(aFile(), {
      metadata: { orderId: '17' },
      onProgress: (progress) => void told.push(progress),
    })
    expect(record).toMatchObject({
      state: 'ready',
      filename: 'a b.bin',
      metadata: { orderId: '17' },
      object: { size: BYTES.length, sha256: sha256Of(BYTES) },
    })
    const sending = told.filter(({ stage }) => stage === 'sending').map(({ sent }) => sent)
    expect(sending[0]).toBe(0)
    expect(sending.at(-1)).toBe(BYTES.length)
    expect(sending).toEqual([...sending].sort((a, b) => a - b))
    expect(told.at(-1)).toMatchObject({ stage: 'verifying', total: BYTES.length, id: record.id })
  })

  it('asks the store for one PUT and Berth for no more than it needs', async () => {
    await anUploader().upload(aFile())
    expect(network.sent.slice(0, 3)).toEqual([
      'POST /v1/uploads',
      'PUT (store)',
      'POST /v1/uploads/:id/complete',
    ])
    expect(new Set(network.sent.slice(3))).toEqual(new Set(['GET /v1/uploads/:id']))
  })

  it('declares the SHA-256 when it is asked to', async () => {
    const stages: string[] = []
    const record = await anUploader().upload(aFile(), {
      sha256: true,
      onProgress: ({ stage }) => void stages.push(stage),
    })
    expect(record.sha256).toBe(sha256Of(BYTES))
  })

  it('sends an empty file where the profile allows one', async () => {
    const empty = await createWorld({ profiles: { default: { minSize: 0 } } })
    const served = await listening(empty)
    const uploader = anUploader({ baseUrl: served.url, token: await empty.newKey() })
    expect((await uploader.upload(aFile(Buffer.alloc(0)))).object?.size).toBe(0)
    await served.close()
    await empty.close()
  })

  it('drops the parameters that browsers add to a content type', async () => {
    const record = await anUploader().upload(
      aFile(Buffer.from('hello'), 'text/plain;charset=utf-8'),
    )
    expect(record.contentType).toBe('text/plain')
  })

  it('without waiting ends when the bytes have arrived', async () => {
    const record = await anUploader().upload(aFile(), { wait: false })
    expect(['received', 'verifying', 'ready']).toContain(record.state)
    expect((await anUploader().wait(record.id)).state).toBe('ready')
  })

  it('checks the receipt of what it has uploaded', async () => {
    const uploader = anUploader()
    const { id } = await uploader.upload(aFile())
    expect(await uploader.receipt(id)).toMatchObject({ uploadId: id, sha256: sha256Of(BYTES) })
  })
})

describe('what gets lost', () => {
  it('the answer to the first call: it stays one upload', async () => {
    network.once('POST /v1/uploads', losingTheAnswer)
    await anUploader().upload(aFile(BYTES, 'application/octet-stream', 'lost answer'))
    expect(await uploadsOf('lost answer')).toEqual(['ready'])
  })

  it("the store's answer: the 412 of the next PUT is a question to Berth, and no failure", async () => {
    network.once('PUT (store)', losingTheAnswer)
    expect((await anUploader().upload(aFile())).state).toBe('ready')
    expect(puts()).toBe(2)
  })

  it("the store's answer, while an event has told Berth: nothing is sent twice", async () => {
    network.once('PUT (store)', async (sent, pass) => {
      await (await pass()).text()
      const [upload] = (await world.broker.listPage('tenant-a', {}, 1)).uploads
      await world.broker.completeUpload('tenant-a', upload?.id ?? '')
      return losingTheAnswer(sent, () => Promise.resolve(new Response('')))
    })
    expect((await anUploader().upload(aFile())).state).toBe('ready')
    expect(puts()).toBe(1)
  })

  it('the bytes on their way: they are sent again into a fresh slot', async () => {
    network.once('PUT (store)', losingTheRequest)
    expect((await anUploader().upload(aFile())).state).toBe('ready')
    expect(network.sent).toContain('POST /v1/uploads/:id/slot')
  })

  it('Berth behind a proxy that answers for it: asked again', async () => {
    const badGateway = () => Promise.resolve(new Response('<html>502</html>', { status: 502 }))
    network.once('POST /v1/uploads/:id/complete', badGateway)
    network.once('GET /v1/uploads/:id', badGateway)
    expect((await anUploader().upload(aFile())).state).toBe('ready')
  })

  it('the end of an answer: it is asked for again', async () => {
    network.once('POST /v1/uploads/:id/complete', async (_sent, pass) => {
      const { status, headers } = await pass()
      const body = new ReadableStream({ start: (out) => out.error(new TypeError('terminated')) })
      return new Response(body, { status, headers })
    })
    expect((await anUploader().upload(aFile())).state).toBe('ready')
    expect(puts()).toBe(1)
  })

  it('everything: it says which of the two cannot be reached', async () => {
    const none = createNetwork()
    const gone: typeof fetch = (url, init) =>
      new Request(url).url.includes('/v1/')
        ? none.fetch(url, init)
        : Promise.reject(new TypeError())
    const store = await failure(anUploader({ fetch: gone, tries: 2 }).upload(aFile()))
    expect([store.code, store.message]).toEqual([
      'unreachable',
      `The object store at ${new URL(world.objects.url).host} cannot be reached from here.`,
    ])
    const nowhere = anUploader({ baseUrl: 'http://127.0.0.1:1', tries: 2 })
    expect((await failure(nowhere.upload(aFile()))).message).toContain(
      'Berth at http://127.0.0.1:1',
    )
  })
})

describe('a slot that expires in the middle', () => {
  it('is renewed, and the upload becomes ready', async () => {
    network.once('PUT (store)', (_sent, pass) => {
      world.clock.advance(901)
      return pass()
    })
    expect((await anUploader().upload(aFile())).state).toBe('ready')
    expect(network.sent.slice(0, 4)).toEqual([
      'POST /v1/uploads',
      'PUT (store)',
      'POST /v1/uploads/:id/slot',
      'PUT (store)',
    ])
  })

  it('each time at once means that a clock is wrong, and says so', async () => {
    const early = await createWorld({
      spoil: (bucket) => ({
        ...bucket,
        presignPut: (location, terms, now) =>
          bucket.presignPut(location, terms, new Date(now.getTime() - 3_600_000)),
      }),
    })
    const served = await listening(early)
    const uploader = anUploader({ baseUrl: served.url, token: await early.newKey() })
    const { code, store, message } = await failure(uploader.upload(aFile()))
    expect([code, store?.reason, puts()]).toEqual(['store', 'clock', 2])
    expect(message).toContain('clocks of Berth and of the object store')
    await served.close()
    await early.close()
  })
})

describe('a browser that is offline', () => {
  const page = globalThis as {
    navigator?: unknown
    addEventListener?: unknown
    removeEventListener?: unknown
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  const events = new EventTarget()
  let onLine = true

  beforeEach(() => {
    Object.defineProperty(globalThis, 'navigator', {
      configurable: true,
      get: () => ({ onLine }),
    })
    page.addEventListener = events.addEventListener.bind(events)
    page.removeEventListener = events.removeEventListener.bind(events)
  })
  afterEach(() => {
    onLine = true
    delete page.addEventListener
    delete page.removeEventListener
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else delete page.navigator
  })

  it('waits, however often it fails, and goes on by itself', async () => {
    const stages: string[] = []
    network.once('PUT (store)', (sent, pass) => {
      onLine = false
      return losingTheRequest(sent, pass)
    })
    const uploading = anUploader({ tries: 1 }).upload(aFile(), {
      onProgress: ({ stage }) => void stages.push(stage),
    })
    await until('the pause', () => Promise.resolve(stages.at(-1) === 'offline'))
    onLine = true
    events.dispatchEvent(new Event('online'))
    expect((await uploading).state).toBe('ready')
  })

  it('breaks a PUT off that would hang for minutes', async () => {
    network.once('PUT (store)', ({ init }) => {
      onLine = false
      setTimeout(() => events.dispatchEvent(new Event('offline')), 10)
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new TypeError('aborted')))
      })
    })
    const stages: string[] = []
    const uploading = anUploader().upload(aFile(), {
      onProgress: ({ stage }) => void stages.push(stage),
    })
    await until('the pause', () => Promise.resolve(stages.at(-1) === 'offline'))
    onLine = true
    events.dispatchEvent(new Event('online'))
    expect((await uploading).state).toBe('ready')
  })
})

describe('a signal that aborts', () => {
  const abortInThePut = (abort: AbortController): void =>
    network.once('PUT (store)', ({ init }) => {
      setTimeout(() => abort.abort(new Error('enough')), 5)
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => reject(new TypeError('aborted')))
      })
    })

  it('ends the upload with its reason, and withdraws it', async () => {
    const abort = new AbortController()
    abortInThePut(abort)
    const file = aFile(BYTES, 'application/octet-stream', 'withdrawn')
    await expect(anUploader().upload(file, { signal: abort.signal })).rejects.toThrow('enough')
    await until('DELETE', async () => (await uploadsOf('withdrawn'))[0] === 'canceled')
  })

  it('where it can be resumed is a pause: the same upload goes on', async () => {
    const [abort, memory] = [new AbortController(), aMemory()]
    abortInThePut(abort)
    const file = aFile(BYTES, 'application/octet-stream', 'paused')
    const uploader = anUploader({ resume: memory })
    await expect(uploader.upload(file, { signal: abort.signal })).rejects.toThrow('enough')
    expect(await uploadsOf('paused')).toEqual(['pending'])
    expect((await uploader.upload(file)).state).toBe('ready')
    expect(await uploadsOf('paused')).toEqual(['ready'])
    expect(memory.size()).toBe(0)
  })

  it('that has aborted already sends nothing', async () => {
    const signal = AbortSignal.abort(new Error('before'))
    await expect(anUploader().upload(aFile(), { signal })).rejects.toThrow('before')
    expect(network.sent).toEqual([])
  })
})

describe('a page that is loaded again', () => {
  const leaving = () => new Promise<Response>(() => undefined)

  /** A page that is closed once it has made so many calls. */
  async function leave(calls: number, file: File, resume: Memory, options: Options = {}) {
    const page = new AbortController()
    const uploading = anUploader({ resume }).upload(file, { ...options, signal: page.signal })
    await until('the calls', () => Promise.resolve(network.sent.length === calls))
    page.abort(new Error('left'))
    await expect(uploading).rejects.toThrow('left')
  }

  it('does not send what has landed, even if nobody has told Berth', async () => {
    const memory = aMemory()
    const file = aFile(BYTES, 'application/octet-stream', 'landed')
    network.once('POST /v1/uploads/:id/complete', leaving)
    await leave(3, file, memory)
    network = createNetwork()
    expect((await anUploader({ resume: memory }).upload(file)).state).toBe('ready')
    expect(puts()).toBe(0)
    expect(await uploadsOf('landed')).toEqual(['ready'])
  })

  it('begins anew when another file has the same name', async () => {
    const memory = aMemory()
    network.once('PUT (store)', leaving)
    await leave(2, aFile(BYTES, '', 'same'), memory, { sha256: true })
    const other = aFile(someBytes(BYTES.length, 1), '', 'same')
    const record = await anUploader({ resume: memory }).upload(other, { sha256: true })
    expect(record.object?.sha256).toBe(sha256Of(someBytes(BYTES.length, 1)))
    expect((await uploadsOf('same')).sort()).toEqual(['pending', 'ready'])
  })

  it('begins anew with a key or token that the upload is not of', async () => {
    const memory = aMemory()
    const file = aFile(BYTES, '', 'not mine')
    network.once('PUT (store)', leaving)
    await leave(2, file, memory)
    const stranger = anUploader({ resume: memory, token: await world.newKey('tenant-b') })
    expect((await stranger.upload(file)).state).toBe('ready')
    expect(await uploadsOf('not mine')).toEqual(['pending'])
  })

  it('goes on without a memory that throws', async () => {
    const broken = (): never => {
      throw new Error('not here')
    }
    const resume = { getItem: broken, setItem: broken, removeItem: broken }
    expect((await anUploader({ resume }).upload(aFile())).state).toBe('ready')
  })
})
