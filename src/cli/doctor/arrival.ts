/** Whether an event really comes: the doctor's own PUT must have caused one, by whatever way. */

import type { Finding } from '../../bucket/doctor/finding.ts'
import { hasEventWith } from '../../store/arrived-events.ts'
import type { Store } from '../../store/store.ts'

const PATIENCE_MS = 10_000
const PAUSE_MS = 250

export type Expected = { store: Store | null; nonce: string; since: Date }

export async function examineArrival({ store, nonce, since }: Expected): Promise<Finding> {
  const row = {
    check: 'events',
    tried: 'to find the event of the PUT above in the inbox, for 10 s',
  }
  if (!store) {
    const mend = 'Mend the row database, or start berth serve once, and run this again.'
    const found = 'there is no inbox'
    return { ...row, outcome: 'unknown', found, means: 'Nothing can be said.', mend }
  }
  if (await comes(store, nonce, since)) {
    const means = 'Uploads are verified as soon as they arrive.'
    return { ...row, outcome: 'holds', found: 'it came', means, mend: null }
  }
  return {
    ...row,
    outcome: 'weaker',
    found: 'none came',
    means: 'Uploads become ready some 15 s late, as Berth has to look by itself.',
    mend: 'Is a Berth running that the store (or the queue) reaches, and does the sender have its token? docs/events.md.',
  }
}

async function comes(store: Store, nonce: string, since: Date): Promise<boolean> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    if (await hasEventWith(store, nonce, since)) return true
    if (performance.now() > giveUpAt) return false
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
