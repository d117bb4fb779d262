import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createUploader, type Progress } from '../../src/client/index.ts'
import { listening, type Listening } from '../support/listening.ts'
import { until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { createWorld, type World } from '../support/world.ts'
import { NodeXhr } from '../support/xhr.ts'

const BYTES = someBytes(500_000)
const page = globalThis as { XMLHttpRequest?: unknown }

let world: World
let berth: Listening
let token: string
beforeAll(async () => {
  world = await createWorld()
  berth = await listening(world)
  token = await world.newKey()
  page.XMLHttpRequest = NodeXhr
})
afterAll(async () => {
  delete page.XMLHttpRequest
  await berth.close()
  await world.close()
})

const uploader = () => createUploader({ baseUrl: berth.url, token, pauseMs: 5, tries: 2 })
const aFile = () => new File([new Uint8Array(BYTES)], 'f', { type: 'application/octet-stream' })

describe('where there is XMLHttpRequest', () => {
  it('the bytes go by it, with the progress that fetch does not tell', async () => {
    const told: Progress[] = []
    const onProgress = (progress: Progress) => void told.push(progress)
    expect((await uploader().upload(aFile(), { onProgress })).state).toBe('ready')
    const sending = told.filter(({ stage }) => stage === 'sending')
    expect(sending.length).toBeGreaterThan(5)
    expect(sending.at(-1)?.sent).toBe(BYTES.length)
  })

  it("the store's refusal is explained", async () => {
    const changing = class extends NodeXhr {
      override setRequestHeader(name: string, value: string): void {
        super.setRequestHeader(name, name === 'content-type' ? 'text/plain' : value)
      }
    }
    page.XMLHttpRequest = changing
    await expect(uploader().upload(aFile())).rejects.toMatchObject({
      code: 'store',
      store: { reason: 'changed' },
    })
    page.XMLHttpRequest = NodeXhr
  })

  it('an abort ends the request, and withdraws the upload', async () => {
    const abort = new AbortController()
    const ids: (string | null)[] = []
    const uploading = uploader().upload(aFile(), {
      signal: abort.signal,
      onProgress: ({ id, sent }) => {
        ids.push(id)
        if (sent > 0) abort.abort(new Error('enough'))
      },
    })
    await expect(uploading).rejects.toThrow('enough')
    const id = ids.at(-1) ?? ''
    await until('DELETE', async () => (await uploader().wait(id)).state === 'canceled')
  })

  it('a connection that cannot be made is said to be unreachable', async () => {
    const nowhere = class extends NodeXhr {
      override open(method: string): void {
        super.open(method, 'http://127.0.0.1:1/')
      }
    }
    page.XMLHttpRequest = nowhere
    await expect(uploader().upload(aFile())).rejects.toMatchObject({ code: 'unreachable' })
    page.XMLHttpRequest = NodeXhr
  })
})
