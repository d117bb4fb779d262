/** Log lines are JSON events with an upload id; secrets and URLs never get here. */

import { pino, type DestinationStream, type Logger } from 'pino'

export type { Logger }

export type EventLog = {
  info: (event: string, facts: Record<string, unknown>) => void
  warn: (event: string, facts: Record<string, unknown>) => void
}

/** @param to standard output without it. */
export const createLogger = (level: string, to?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // A belt beside the braces: nothing puts these here, and if something does they are cut out.
      redact: ['authorization', '*.authorization', 'url', '*.url', 'token', '*.token'],
    },
    to ?? pino.destination(1),
  )

export const createEventLog = (logger: Logger): EventLog => ({
  info: (event, facts) => logger.info(facts, event),
  warn: (event, facts) => logger.warn(facts, event),
})
