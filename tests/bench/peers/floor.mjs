/** The floor: the S3 calls of an upload until it is ready, by the AWS SDK alone. `node floor.mjs '{ client, bucket, bytes, uploads, width }'` -> JSON. */

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { timesOver } from './shared.mjs'

const { client, bucket: Bucket, bytes, uploads, width } = JSON.parse(process.argv[2])
const s3 = new S3Client({
  ...client,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  requestHandler: { httpAgent: { keepAlive: true, maxSockets: 64 } },
})
const Body = randomBytes(bytes)

async function upload() {
  const from = `bare/${randomUUID()}`
  const Key = `bare/${randomUUID()}`
  await s3.send(new PutObjectCommand({ Bucket, Key: from, Body, IfNoneMatch: '*' }))
  const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: from }))
  const CopySource = `${Bucket}/${from}`
  await s3.send(new CopyObjectCommand({ Bucket, Key, CopySource, CopySourceIfMatch: ETag }))
  const read = await s3.send(new GetObjectCommand({ Bucket, Key }))
  const hash = createHash('sha256')
  for await (const chunk of read.Body) hash.update(chunk)
  hash.digest()
}

// Berth has been at it for a while, too.
await timesOver(uploads / 5, width, upload)
const before = performance.now()
await timesOver(uploads, width, upload)
const seconds = (performance.now() - before) / 1000
process.stdout.write(`${JSON.stringify({ perSecond: uploads / seconds })}\n`)
