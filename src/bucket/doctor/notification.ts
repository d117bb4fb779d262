/** Whether the bucket is set up to tell of arrivals. That an event really comes is tried elsewhere. */

import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  type QueueConfiguration,
} from '@aws-sdk/client-s3'
import { answerInWords } from '../raw-request.ts'
import { isMissing, tryCall } from './call.ts'
import type { Check, Finding, Mended } from './finding.ts'
import type { EventTargets, Patient } from './patient.ts'

export const notificationCheck = (patient: Patient): Check =>
  expectsEvents(patient.events)
    ? { examine: () => examine(patient), apply: () => apply(patient) }
    : { examine: () => Promise.resolve(NONE_EXPECTED) }

export const expectsEvents = ({
  webhook,
  queueArn,
  topicArn,
  eventBridge,
}: EventTargets): boolean => webhook || eventBridge || queueArn !== null || topicArn !== null

const NONE_EXPECTED: Finding = {
  check: 'notification',
  outcome: 'holds',
  tried: 'whether any source of events is configured',
  found: 'none',
  means:
    'Berth looks by itself: an upload is ready some 15 s after its PUT, or at once after complete.',
  mend: null,
}

const SLOW = 'Uploads become ready some 15 s late, as Berth has to look by itself.'

async function examine(patient: Patient): Promise<Finding> {
  const called = await read(patient)
  const row = { check: 'notification', tried: 'to read the notification configuration' }
  if (isMissing(called)) {
    const means = 'The store is configured elsewhere; the row events shows whether one comes.'
    const mend = 'versitygw: --event-webhook-url (docs/events.md).'
    return { ...row, outcome: 'unknown', found: answerInWords(called), means, mend }
  }
  if (!called.output) {
    const mend =
      'Let the doctor read the settings: S3_ADMIN_ACCESS_KEY_ID with infra/bucket/doctor-policy.json.'
    return { ...row, outcome: 'unknown', found: answerInWords(called), means: SLOW, mend }
  }
  if (tells(called.output, `${patient.prefix}staging/`)) {
    const means = 'The store tells of arrivals.'
    return { ...row, outcome: 'holds', found: 'staging/ is told of', means, mend: null }
  }
  const found = 'nothing is told of'
  return { ...row, outcome: 'weaker', found, means: SLOW, mend: mendFor(patient.events) }
}

const mendFor = ({ webhook, queueArn, topicArn }: EventTargets): string =>
  webhook && queueArn === null && topicArn === null
    ? 'berth doctor --fix, or mc event add ALIAS/BUCKET arn:minio:sqs::berth:webhook --event put --prefix staging/; MinIO itself needs MINIO_NOTIFY_WEBHOOK_ENABLE_berth and its fellows (docs/events.md).'
    : 'berth doctor --fix, or put-bucket-notification-configuration as in docs/events.md.'

const read = ({ settings, bucket }: Patient) =>
  tryCall(settings, (client, options) =>
    client.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }), options),
  )

function tells(found: NotificationConfiguration, folder: string): boolean {
  const targets = [
    ...(found.QueueConfigurations ?? []),
    ...(found.TopicConfigurations ?? []),
    ...(found.LambdaFunctionConfigurations ?? []),
  ]
  return found.EventBridgeConfiguration !== undefined || targets.some((one) => covers(one, folder))
}

type Target = Pick<QueueConfiguration, 'Events' | 'Filter'>

const covers = ({ Events = [], Filter }: Target, folder: string): boolean =>
  Events.some((event) => /^s3:ObjectCreated:(\*|Put)$/.test(event)) &&
  (Filter?.Key?.FilterRules ?? []).every(
    ({ Name, Value = '' }) => Name?.toLowerCase() === 'prefix' && folder.startsWith(Value),
  )

/** The name that docs/events.md gives to MinIO's webhook. */
const MINIO_WEBHOOK = 'arn:minio:sqs::berth:webhook'

/** Beside the targets that are there. */
async function apply(patient: Patient): Promise<Mended> {
  const present = await read(patient)
  if (!present.output) return { refusal: answerInWords(present) }
  const { settings, bucket, events, prefix } = patient
  const { QueueConfigurations, TopicConfigurations } = present.output
  const { LambdaFunctionConfigurations, EventBridgeConfiguration } = present.output
  const command = new PutBucketNotificationConfigurationCommand({
    Bucket: bucket,
    NotificationConfiguration: addTarget(
      {
        QueueConfigurations,
        TopicConfigurations,
        LambdaFunctionConfigurations,
        EventBridgeConfiguration,
      },
      events,
      `${prefix}staging/`,
    ),
  })
  const put = await tryCall(settings, (client, options) => client.send(command, options))
  return { refusal: put.output ? null : answerInWords(put) }
}

function addTarget(
  present: NotificationConfiguration,
  { queueArn, topicArn, eventBridge }: EventTargets,
  folder: string,
): NotificationConfiguration {
  const terms = {
    Id: `berth-${folder.replaceAll('/', '-').replace(/-$/, '')}`,
    Events: ['s3:ObjectCreated:*' as const],
    Filter: { Key: { FilterRules: [{ Name: 'prefix' as const, Value: folder }] } },
  }
  if (topicArn !== null) {
    const topics = present.TopicConfigurations ?? []
    return { ...present, TopicConfigurations: [...topics, { ...terms, TopicArn: topicArn }] }
  }
  if (eventBridge) return { ...present, EventBridgeConfiguration: {} }
  const queues = present.QueueConfigurations ?? []
  const QueueArn = queueArn ?? MINIO_WEBHOOK
  return { ...present, QueueConfigurations: [...queues, { ...terms, QueueArn }] }
}
