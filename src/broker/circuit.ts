/** A circuit for one dependency: after several outages in a row it is left alone for a while. */

import { addSeconds } from '../upload/policy.ts'

export type CircuitState = 'closed' | 'open'

export type Circuit = {
  /** Whether the dependency may be called now. When a pause is over, one caller finds out. */
  passes: () => Promise<boolean>
  succeeded: () => void
  /** An outage of the dependency itself, not of one object. */
  failed: () => void
  state: () => CircuitState
}

export type CircuitSpec = {
  /** Rejects while the dependency is away; the one call that is made to find out. */
  check: () => Promise<void>
  now: () => Date
  /** 0 to 1, so that the nodes do not all come back in the same moment. */
  random: () => number
  changed: (state: CircuitState) => void
}

const OUTAGES_IN_A_ROW = 5
const LONGEST_PAUSE_SECONDS = 30

/** 1 s, 2 s, 4 s … 30 s, less up to half of it. */
export const pauseSeconds = (pauses: number, random: number): number =>
  Math.min(LONGEST_PAUSE_SECONDS, 2 ** (pauses - 1)) * (1 - random / 2)

export function createCircuit(spec: CircuitSpec): Circuit {
  const { check, now } = spec
  const breaker = createBreaker(spec)
  let outages = 0
  let checking = false

  const passes = async (): Promise<boolean> => {
    const checkAt = breaker.checkAt()
    if (checkAt === null) return true
    if (checking || now() < checkAt) return false
    checking = true
    try {
      await check()
      outages = 0
      breaker.close()
      return true
    } catch {
      breaker.pause()
      return false
    } finally {
      checking = false
    }
  }
  return {
    passes,
    state: () => (breaker.checkAt() === null ? 'closed' : 'open'),
    // While it is open, only the check decides: a straggler from before may have been lucky.
    succeeded: () => {
      if (breaker.checkAt() === null) outages = 0
    },
    failed: () => {
      if (breaker.checkAt() !== null) return
      outages += 1
      if (outages >= OUTAGES_IN_A_ROW) breaker.pause()
    },
  }
}

/** Closed, or open until the next check is due. */
function createBreaker({ now, random, changed }: Omit<CircuitSpec, 'check'>) {
  let pauses = 0
  let checkAt: Date | null = null
  return {
    checkAt: () => checkAt,
    pause: () => {
      const wasClosed = checkAt === null
      pauses += 1
      checkAt = addSeconds(now(), pauseSeconds(pauses, random()))
      if (wasClosed) changed('open')
    },
    close: () => {
      pauses = 0
      checkAt = null
      changed('closed')
    },
  }
}
