import { afterEach, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { call, createBerth, untilFinal, type Berth } from '../support/berth.ts'
import { freePort } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { BUCKET } from '../support/world.ts'
import { bucketConfigFor, rootClient, startMinio, type RealStore } from './servers.ts'

let berth: Berth | null = null
let store: RealStore | null = null
let folder = ''

afterEach(async () => {
  await store?.close()
  await berth?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** MinIO takes keys of clients over TLS only. */
function makeCertificate(): string {
  folder = mkdtempSync(join(tmpdir(), 'berth-tls-'))
  const certs = join(folder, 'certs')
  mkdirSync(certs)
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', join(certs, 'private.key'), '-out', join(certs, 'public.crt')]
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...kind, ...subject, ...files], {
    stdio: 'ignore',
  })
  return certs
}

describe("an object that was stored with the client's own key (H25)", () => {
  it('is rejected as unreadable on MinIO', async () => {
    const certs = makeCertificate()
    const certificate = join(certs, 'public.crt')
    const port = await freePort()
    const endpoint = `https://127.0.0.1:${port}`
    berth = await createBerth(bucketConfigFor(endpoint), { NODE_EXTRA_CA_CERTS: certificate })
    await berth.start()
    const ca = readFileSync(certificate)
    store = await startMinio(null, port, { folder: certs, ca })
    const client = rootClient(endpoint, ca)

    const bytes = someBytes(100)
    const body = { filename: 'f', contentType: 'application/octet-stream', size: bytes.length }
    const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
    const key = randomBytes(32)
    await client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: decodeURIComponent(new URL(slot?.url ?? '').pathname.slice(`/${BUCKET}/`.length)),
        Body: bytes,
        ContentType: 'application/octet-stream',
        SSECustomerAlgorithm: 'AES256',
        SSECustomerKey: key.toString('base64'),
        SSECustomerKeyMD5: createHash('md5').update(key).digest('base64'),
      }),
    )
    await call(berth, 'POST', `/v1/uploads/${id}/complete`)
    expect(await untilFinal(berth, id)).toMatchObject({
      state: 'rejected',
      rejection: { reason: 'unreadable' },
    })
  })
})
