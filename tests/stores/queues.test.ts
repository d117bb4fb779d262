import { afterEach, describe, expect, it } from '@jest/globals'
import { createBerth, type Berth } from '../support/berth.ts'
import { uploadOnce } from './upload-once.ts'
import { CREDENTIALS, startMinistack, type Ministack, type Route } from './ministack.ts'

let berth: Berth | null = null
let aws: Ministack | null = null

afterEach(async () => {
  await berth?.close()
  await aws?.close()
})

describe.each<[string, Route]>([
  ['S3 → SQS', 'queue'],
  ['S3 → SNS → SQS', 'topic'],
  ['S3 → EventBridge → SQS', 'rule'],
])('an upload told of by %s', (_name, route) => {
  it('is verified and served, and the event is the first to tell', async () => {
    aws = await startMinistack()
    const queueUrl = await aws.wire(route)
    berth = await createBerth(aws.config, {
      EVENTS_SQS_QUEUE_URL: queueUrl,
      SQS_ENDPOINT: aws.endpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    })
    await berth.start()
    const causes = await uploadOnce(berth)
    expect(causes).toEqual(['api', 'event', 'worker', 'worker'])
  })
})
