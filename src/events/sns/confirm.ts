/** SNS's ConfirmSubscription, through the SDK and to the topic's own region. */

import { ConfirmSubscriptionCommand, SNSClient } from '@aws-sdk/client-sns'
import { regionOf } from './certificate-url.ts'

const PATIENCE_MS = 5_000

/** @param endpoint null: AWS. */
export const createConfirm =
  (endpoint: string | null) =>
  async (topicArn: string, token: string): Promise<void> => {
    const region = regionOf(topicArn) ?? 'us-east-1'
    const client = new SNSClient({ region, ...(endpoint !== null && { endpoint }) })
    const command = new ConfirmSubscriptionCommand({ TopicArn: topicArn, Token: token })
    await client.send(command, { abortSignal: AbortSignal.timeout(PATIENCE_MS) })
    client.destroy()
  }
