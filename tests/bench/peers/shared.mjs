/** What every contender is given: where to sign for, and the port to listen on. Nothing answers there: signing is local. */

import { once } from 'node:events'

export const BUCKET = 'test-bucket'
export const REGION = 'us-east-1'
export const ENDPOINT = 'http://127.0.0.1:9'
export const CREDENTIALS = { accessKeyId: 'labadmin', secretAccessKey: 'labsecret123' }
export const CLIENT = {
  endpoint: ENDPOINT,
  region: REGION,
  credentials: CREDENTIALS,
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
}

/** So many times, `width` at a time. */
export async function timesOver(count, width, run) {
  let begun = 0
  const worker = async () => {
    while (begun < count) {
      begun += 1
      await run()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** @param app an Express application. Prints "listening", for whoever started it. */
export async function listen(app) {
  const server = app.listen(Number(process.env.PORT), '127.0.0.1')
  await once(server, 'listening')
  process.stdout.write('listening\n')
}
