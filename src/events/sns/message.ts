/** An SNS message over HTTP, and the text of it that is signed. */

import { z } from 'zod'

const SnsMessage = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().max(200),
  TopicArn: z.string().max(300),
  Message: z.string(),
  Timestamp: z.string().max(40),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2000),
  SigningCertURL: z.string().max(500),
  Subject: z.string().optional(),
  Token: z.string().max(2000).optional(),
  SubscribeURL: z.string().max(4000).optional(),
})

export type SnsMessage = z.infer<typeof SnsMessage>

/** Null when it is no complete SNS message. */
export function readSnsMessage(json: unknown): SnsMessage | null {
  const parsed = SnsMessage.safeParse(json)
  return parsed.success ? parsed.data : null
}

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const
// Unsubscribing is confirmed with the fields of subscribing.
const CONFIRMATION = [
  'Message',
  'MessageId',
  'SubscribeURL',
  'Timestamp',
  'Token',
  'TopicArn',
  'Type',
] as const

/** Name and value of each signed field on lines of their own, in the order that SNS documents. */
export function signedText(message: SnsMessage): string {
  const fields = message.Type === 'Notification' ? NOTIFICATION : CONFIRMATION
  return fields
    .filter((field) => message[field] !== undefined)
    .map((field) => `${field}\n${message[field]}\n`)
    .join('')
}
