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

export function createCircuit({ check, now, random, changed }: CircuitSpec): Circuit {
  let outages = 0
  let pauses = 0
  let checkAt: Date | null = null
  let checking = false

  const state = (): CircuitState => (checkAt === null ? 'closed' : 'open')
  const pause = (): void => {
    const wasClosed = checkAt === null
    pauses += 1
    checkAt = addSeconds(now(), pauseSeconds(pauses, random()))
    if (wasClosed) changed('open')
  }
  const close = (): void => {
    outages = 0
    pauses = 0
    if (checkAt === null) return
    checkAt = null
    changed('closed')
  }
  const passes = async (): Promise<boolean> => {
    if (checkAt === null) return true
    if (checking || now() < checkAt) return false
    checking = true
    try {
      await check()
      close()
    } catch {
      pause()
    } finally {
      checking = false
    }
    return state() === 'closed'
  }
  return {
    passes,
    state,
    // While it is open, only the check decides: a straggler from before may have been lucky.
    succeeded: () => {
      if (checkAt === null) outages = 0
    },
    failed: () => {
      if (checkAt !== null) return
      outages += 1
      if (outages >= OUTAGES_IN_A_ROW) pause()
    },
  }
}
