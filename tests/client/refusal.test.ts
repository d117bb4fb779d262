import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBucket } from '../../src/bucket/bucket.ts'
import { createUploader, type UploaderOptions } from '../../src/client/index.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { listening, type Listening } from '../support/listening.ts'
import { createNetwork, type Network } from '../support/network.ts'
import { aFile, BYTES, failure, startUploading } from '../support/uploading.ts'
import { PNG } from '../support/uploads.ts'
import { bucketConfig, createWorld, type World } from '../support/world.ts'

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

describe('a refusal', () => {
  it('of Berth carries its problem, and the words that a user can be shown', async () => {
    const wrong = anUploader().upload(aFile(BYTES, 'application/zip'), { profile: 'pictures' })
    const { code, problem, message } = await failure(wrong)
    expect([code, problem?.status]).toEqual(['refused', 422])
    expect(problem?.type).toMatch(/\/problems\/content-type-not-allowed$/)
    expect(message).toBe(
      'The content type is not allowed: declared content type is application/zip; expected one of image/*; active content only where it is named',
    )
  })

  it('after verification carries the record, and says what was found', async () => {
    const wrong = anUploader().upload(aFile(PNG, 'application/pdf'))
    const { code, upload, message } = await failure(wrong)
    expect([code, upload?.rejection?.reason]).toEqual(['not-ready', 'content-type-mismatch'])
    expect(message).toContain('expected application/pdf, found image/png')
  })

  it('of the store says that something on the way has changed the content type', async () => {
    network.once('PUT (store)', ({ init }, pass) => {
      const headers = { ...(init.headers as Record<string, string>), 'content-type': 'text/plain' }
      return pass({ init: { ...init, headers } })
    })
    const { code, store, message } = await failure(anUploader().upload(aFile()))
    expect([code, store?.reason, store?.code]).toEqual([
      'store',
      'changed',
      'SignatureDoesNotMatch',
    ])
    expect(message).toContain('another content type, length or host')
    expect(network.sent.filter((label) => label === 'PUT (store)')).toHaveLength(1)
  })

  it('of the store says that a proxy has changed the host', async () => {
    const proxy = await startFaultProxy(() => world.objects.url)
    network.once('PUT (store)', ({ url }, pass) =>
      pass({ url: url.replace(world.objects.url, proxy.url) }),
    )
    const { store, message } = await failure(anUploader().upload(aFile()))
    expect(store?.reason).toBe('changed')
    expect(message).toContain('Host')
    await proxy.close()
  })

  it('of somebody who is no object store at all says so, with the host', async () => {
    const stranger: Server = createServer((req, res) => {
      req.resume()
      res.writeHead(404, { 'content-type': 'text/html' }).end('<html>not here</html>')
    })
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const endpoint = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
    const astray = await createWorld({
      spoil: (bucket) => ({
        ...bucket,
        presignPut: createBucket(bucketConfig('http://127.0.0.1:1', { publicEndpoint: endpoint }))
          .presignPut,
      }),
    })
    const served = await listening(astray)
    const uploader = anUploader({ baseUrl: served.url, token: await astray.newKey() })
    const { store, message } = await failure(uploader.upload(aFile()))
    expect([store?.reason, store?.status]).toEqual(['host', 404])
    expect(message).toContain(`${new URL(endpoint).host} is not the object store`)
    await served.close()
    await astray.close()
    await new Promise((resolve) => stranger.close(resolve))
  })
})
