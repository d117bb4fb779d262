/** The signature of Standard Webhooks, worked out once more from its specification. */

import { createHmac } from 'node:crypto'
import type { Received } from './run.ts'

/** Whether one of the signatures is by this secret, over the id, the time and the bytes of the body. */
export function isSignedBy(secret: string, received: Received): boolean {
  const { id, timestamp, body, signature } = received
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const right = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return signature.split(' ').includes(`v1,${right}`)
}
