/** ministack: S3, SQS, SNS and EventBridge in one process, wired the three ways that AWS allows. */

import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  S3Client,
  type NotificationConfiguration,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { freePort, run, until } from '../support/processes.ts'
import { BUCKET } from '../support/world.ts'

export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }
const REGION = 'us-east-1'

/** How the bucket's events get into the queue. */
export type Route = 'queue' | 'topic' | 'rule'

export type Ministack = {
  endpoint: string
  config: BucketConfig
  /** Makes a queue, and lets the bucket's events arrive in it by this route. @returns its URL. */
  wire: (route: Route) => Promise<string>
  close: () => Promise<void>
}

const venv = join(process.env['BERTH_CACHE'] ?? join(homedir(), '.cache', 'berth'), 'venv')

export async function startMinistack(): Promise<Ministack> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const env = { PATH: process.env['PATH'], BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) }
  const running = run(join(venv, 'bin', 'ministack'), [], { ...env, HOME: tmpdir() }, tmpdir())
  const options = { endpoint, region: REGION, credentials: CREDENTIALS }
  const s3 = new S3Client({ ...options, forcePathStyle: true })
  await until(`ministack: ${running.output()}`, async () => {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
    return true
  })
  const notify = (NotificationConfiguration: NotificationConfiguration) =>
    s3.send(
      new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration }),
    )
  const makeQueue = () => createQueue(new SQSClient(options))

  const wire = async (route: Route): Promise<string> => {
    const queue = await makeQueue()
    if (route === 'queue') {
      const one = { QueueArn: queue.arn, Events: ['s3:ObjectCreated:*' as const], Filter: STAGING }
      await notify({ QueueConfigurations: [one] })
    } else if (route === 'topic') {
      const topicArn = await createTopic(new SNSClient(options), queue.arn)
      const one = { TopicArn: topicArn, Events: ['s3:ObjectCreated:*' as const], Filter: STAGING }
      await notify({ TopicConfigurations: [one] })
    } else {
      await createRule(new EventBridgeClient(options), queue.arn)
      await notify({ EventBridgeConfiguration: {} })
    }
    return queue.url
  }
  return { endpoint, config: configFor(endpoint), wire, close: running.end }
}

const STAGING = { Key: { FilterRules: [{ Name: 'prefix' as const, Value: 'staging/' }] } }

const configFor = (endpoint: string): BucketConfig => ({
  endpoint,
  publicEndpoint: null,
  region: REGION,
  name: BUCKET,
  forcePathStyle: true,
  signer: CREDENTIALS,
  reader: CREDENTIALS,
  keeper: CREDENTIALS,
})

async function createQueue(sqs: SQSClient): Promise<{ url: string; arn: string }> {
  const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'events' }))
  const asked = { QueueUrl: url, AttributeNames: ['QueueArn' as const] }
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand(asked))
  return { url, arn: Attributes?.QueueArn ?? '' }
}

async function createTopic(sns: SNSClient, queueArn: string): Promise<string> {
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'events' }))
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queueArn }))
  return TopicArn
}

async function createRule(bridge: EventBridgeClient, queueArn: string): Promise<void> {
  const EventPattern = JSON.stringify({ source: ['aws.s3'], 'detail-type': ['Object Created'] })
  await bridge.send(new PutRuleCommand({ Name: 'arrivals', EventPattern }))
  const Targets = [{ Id: 'queue', Arn: queueArn }]
  await bridge.send(new PutTargetsCommand({ Rule: 'arrivals', Targets }))
}
