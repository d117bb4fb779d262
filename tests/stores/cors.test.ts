import { PutBucketCorsCommand, type CORSConfiguration } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBucket } from '../../src/bucket/bucket.ts'
import { codeBlock } from '../support/code-blocks.ts'
import { sha256Of } from '../support/uploads.ts'
import { BUCKET } from '../support/world.ts'
import { rootClient, startMinio, startVersitygw, type RealStore } from './servers.ts'

const PAGE = 'https://app.example'
const ANOTHER = 'https://another.example'

/** As docs/frontend.md has them. */
const rules = JSON.parse(codeBlock('docs/frontend.md', 'CORS', 'json')) as CORSConfiguration

let versitygw: RealStore
let minio: RealStore
beforeAll(async () => {
  versitygw = await startVersitygw(null)
  const cors = new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration: rules })
  await rootClient(versitygw.url).send(cors)
  const [, variable = '', value = ''] =
    /^(MINIO_\w+)=(\S+)/m.exec(codeBlock('docs/frontend.md', 'CORS', 'sh', 3)) ?? []
  minio = await startMinio(null, undefined, undefined, { [variable]: value })
}, 120_000)
afterAll(async () => {
  await versitygw.close()
  await minio.close()
})

/** The question that a browser asks before a PUT with the headers of a slot. */
async function mayPut(store: RealStore, origin: string): Promise<boolean> {
  const slot = await createBucket(store.config).presignPut(
    { bucket: BUCKET, key: 'staging/a/b' },
    { size: 5, contentType: 'text/plain', sha256: sha256Of('hello'), ttlSeconds: 60 },
    new Date(),
  )
  const answer = await fetch(slot.url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': slot.method,
      'access-control-request-headers': Object.keys(slot.headers).sort().join(','),
    },
  })
  const allowed = answer.headers.get('access-control-allow-origin')
  return answer.ok && (allowed === origin || allowed === '*')
}

describe.each([
  ['versitygw', () => versitygw],
  ['MinIO', () => minio],
])('the CORS rules in the documents, on %s', (_name, store) => {
  it('let the page send files with all the headers of a slot, and no other page', async () => {
    expect(await mayPut(store(), PAGE)).toBe(true)
    expect(await mayPut(store(), ANOTHER)).toBe(false)
  })
})
