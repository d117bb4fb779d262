/** Uppy Companion, its S3 endpoint alone (`GET /s3/params`), without its log of every request. */

import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { app as companion } from '@uppy/companion'
import express from 'express'
import { BUCKET, CREDENTIALS, ENDPOINT, listen, REGION } from './shared.mjs'

const { app: routes } = companion({
  secret: randomUUID(),
  filePath: tmpdir(),
  server: { host: '127.0.0.1', protocol: 'http' },
  corsOrigins: ['http://127.0.0.1'],
  uploadUrls: [ENDPOINT],
  s3: {
    key: CREDENTIALS.accessKeyId,
    secret: CREDENTIALS.secretAccessKey,
    bucket: BUCKET,
    region: REGION,
    endpoint: ENDPOINT,
    forcePathStyle: true,
    expires: 900,
    getKey: ({ filename }) => `${randomUUID()}-${filename}`,
  },
})
const app = express()
app.use(routes)
await listen(app)
