/** What the stories are made of, all of it. */

import type { AuthDeps } from './authenticate.ts'
import type { ScannerCheck } from './check-scanner.ts'
import type { ParseEvent } from './hint.ts'
import type { RateConfig } from './rate-limits.ts'
import type { ReceiptKeys } from './receipts.ts'
import type { VerifyDeps } from './verify-deps.ts'
import type { WebhookDeps } from './webhook-deps.ts'

export type BrokerDeps = VerifyDeps &
  Omit<AuthDeps, 'findKey' | 'keyUses'> &
  Omit<WebhookDeps, keyof VerifyDeps> & {
    meter: WebhookDeps['meter']
    parseEvent: ParseEvent
    wakeInbox: () => void
    /** Whether any source of events is configured. */
    expectsEvents: boolean
    /** Null: none is configured. */
    scanner: ScannerCheck | null
    receiptKeys: ReceiptKeys
    rates: RateConfig
  }
