import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createServer, type Server, type Socket } from 'node:net'
import { createBucket } from '../../src/bucket/bucket.ts'
import { S3_COPY_LIMITS } from '../../src/bucket/claim.ts'
import { BUCKET, bucketConfig } from '../support/world.ts'

let server: Server
let url: string
const sockets = new Set<Socket>()

/** Takes every connection and never says a word, as a link does whose answers are lost. */
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

it('gives a copy up by the size of its object, so that a small one that hangs frees its worker soon', async () => {
  const bucket = createBucket(bucketConfig(url), { ...S3_COPY_LIMITS, patienceMs: 300 })
  const from = { bucket: BUCKET, key: 'staging/x' }
  const small = { size: 1_000, etag: '"x"', versionId: null, contentType: 'image/png' }
  const startedAt = performance.now()
  await expect(bucket.claim(from, 'objects/x', small)).rejects.toThrow('storage-unavailable')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300)

  const larger = { ...small, size: 20_000_000 }
  await expect(bucket.claim(from, 'objects/x', larger)).rejects.toThrow('storage-unavailable')
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(300 + 1_300)
}, 20_000)
