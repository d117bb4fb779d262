/** Event silence: objects land, and no event tells of any. Uploads still end, only later. */

import { countArrivals } from '../store/arrivals.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'

export type EventFlow = 'ok' | 'silent' | 'off'

export type WatchDeps = Pick<Deps, 'store' | 'log' | 'now' | 'meter'> & {
  /** Whether any source of events is configured; without one, silence is as it should be. */
  expectsEvents: boolean
}

export const WINDOW_SECONDS = 600
/** One arrival may be a single lost event; several in a row are not. */
const SUSPICIOUS = 3

/** Asked of the database, so that every node says the same. */
export async function eventFlow(deps: Omit<WatchDeps, 'meter' | 'log'>): Promise<EventFlow> {
  if (!deps.expectsEvents) return 'off'
  const since = addSeconds(deps.now(), -WINDOW_SECONDS)
  const { bySweep, events } = await countArrivals(deps.store, since)
  return bySweep >= SUSPICIOUS && events === 0 ? 'silent' : 'ok'
}

/** @returns 0: there is never a batch left over. */
export async function watchEvents(deps: WatchDeps): Promise<number> {
  const flow = await eventFlow(deps)
  deps.meter.eventSilence(flow === 'silent')
  if (flow === 'silent') deps.log.warn('events.silent', { windowSeconds: WINDOW_SECONDS })
  return 0
}
