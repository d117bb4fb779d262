/** What most guides show: getSignedUrl of the AWS SDK behind Express, nothing recorded. */

import { randomUUID } from 'node:crypto'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import express from 'express'
import { BUCKET, CLIENT, listen } from './shared.mjs'

const client = new S3Client(CLIENT)
const app = express()
app.use(express.json())
app.post('/', async (req, res) => {
  const { contentType, size } = req.body
  const key = `staging/${randomUUID()}`
  const command = new PutObjectCommand({
    Bucket: BUCKET,
    Key: key,
    ContentType: contentType,
    ContentLength: size,
    IfNoneMatch: '*',
  })
  const signableHeaders = new Set(['host', 'content-type', 'content-length', 'if-none-match'])
  const url = await getSignedUrl(client, command, { expiresIn: 900, signableHeaders })
  res.status(201).json({ key, url })
})
await listen(app)
