/** better-upload's route behind Express: the Fetch API's request and answer at its edges, as its guide shows. */

import { S3Client } from '@aws-sdk/client-s3'
import { handleRequest, route } from 'better-upload/server'
import express from 'express'
import { BUCKET, CLIENT, listen } from './shared.mjs'

const router = {
  client: new S3Client(CLIENT),
  bucketName: BUCKET,
  routes: { files: route({ fileTypes: ['application/*'], maxFileSize: 1024 ** 3 }) },
}
const app = express()
app.use(express.text({ type: '*/*' }))
app.post('/', async (req, res) => {
  const request = new Request('http://127.0.0.1/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: req.body,
  })
  const answer = await handleRequest(request, router)
  res
    .status(answer.status)
    .type('json')
    .send(await answer.text())
})
await listen(app)
