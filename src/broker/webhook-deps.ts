/** What the stories of webhooks are given besides the records. */

import type { SecretBox } from '../webhooks/secret-box.ts'
import type { Sender } from '../webhooks/send.ts'
import type { Deps } from './deps.ts'

type WebhookRules = {
  /** Plain http and private addresses too: for development, and for receivers next door. */
  allowPrivate: boolean
  /** Seconds before each attempt; when they are used up, the delivery is a dead letter. */
  scheduleSeconds: readonly number[]
  /** How long an attempt owns its delivery; longer than it can take. */
  leaseSeconds: number
  /** Seconds without one success after which an endpoint is disabled. */
  hopelessSeconds: number
  deliveredKeptSeconds: number
  deadKeptSeconds: number
}

export type DeliveryOutcome = 'delivered' | 'refused' | 'timeout' | 'unreachable' | 'blocked'

type WebhookMeter = {
  delivery: (outcome: DeliveryOutcome) => void
  outbox: (depth: number, oldestSeconds: number) => void
  /** Whether an endpoint that works waits for what is long due, and how many gave up of late. */
  outboxTrouble: (isLate: boolean, deadOfLastHour: number) => void
}

export type WebhookDeps = Pick<Deps, 'store' | 'log' | 'now' | 'newId'> & {
  profiles: Pick<Deps['profiles'], 'has' | 'keys'>
  webhooks: WebhookRules
  secretBox: SecretBox
  sender: Sender
  meter: WebhookMeter
}
