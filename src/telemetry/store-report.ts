/** What the database connection tells of itself, as log lines and a gauge. */

import type { EventLog } from './log.ts'
import type { Metrics } from './metrics.ts'

/** Below this, clocks that are kept by NTP differ as well. */
const WORTH_A_LINE_MS = 2_000

/** A clock that is off is named once, and again when it is right. */
export function reportTo(log: EventLog, metrics: Pick<Metrics, 'clockSkew'>) {
  let wasOff = false
  return {
    connectionLost: (error: Error): void =>
      log.warn('records.connection-lost', { error: error.message }),
    clockSkew: (milliseconds: number): void => {
      metrics.clockSkew(milliseconds)
      const isOff = Math.abs(milliseconds) > WORTH_A_LINE_MS
      if (isOff !== wasOff) log[isOff ? 'warn' : 'info']('clock.skew', { milliseconds })
      wasOff = isOff
    },
  }
}
