/** How a tenant's uploads and deliveries stand now, and how what all tenants share is doing. */

import { countArrivals } from '../store/arrivals.ts'
import {
  countDeliveries,
  countEvents,
  countUploads,
  type BoundedCount,
} from '../store/bounded-counts.ts'
import { listCapabilities, type BucketGuarantees } from '../store/capabilities.ts'
import { lastEventAt, listEventFacts, type EventFacts } from '../store/event-facts.ts'
import { addSeconds } from '../upload/policy.ts'
import { UPLOAD_STATES, type UploadState } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { eventFlow, WINDOW_SECONDS, type EventFlow } from './watch-events.ts'

type OverviewDeps = Pick<Deps, 'store' | 'now'> & { expectsEvents: boolean }

type Events = {
  flow: EventFlow
  /** Of the two counts that follow. */
  windowSeconds: number
  /** Arrivals that Berth found by looking, while no event had told. */
  foundByLooking: number
  /** Events that named an upload. */
  matched: number
  lastMatchedAt: Date | null
  poison: BoundedCount
  unmatched: BoundedCount
}

export type Overview = {
  at: Date
  states: (BoundedCount & { state: UploadState })[]
  deliveries: { pending: BoundedCount; dead: BoundedCount }
  events: Events
  buckets: BucketGuarantees[]
}

export async function overview(deps: OverviewDeps, tenant: string): Promise<Overview> {
  const { store } = deps
  const states: Overview['states'] = []
  for (const state of UPLOAD_STATES) {
    states.push({ state, ...(await countUploads(store, tenant, state)) })
  }
  return {
    at: deps.now(),
    states,
    deliveries: {
      pending: await countDeliveries(store, tenant, 'pending'),
      dead: await countDeliveries(store, tenant, 'dead'),
    },
    events: await eventsNow(deps),
    buckets: await listCapabilities(store),
  }
}

async function eventsNow(deps: OverviewDeps): Promise<Events> {
  const { store, now } = deps
  const lately = await countArrivals(store, addSeconds(now(), -WINDOW_SECONDS))
  return {
    flow: await eventFlow(deps),
    windowSeconds: WINDOW_SECONDS,
    foundByLooking: lately.bySweep,
    matched: lately.events,
    lastMatchedAt: await lastEventAt(store),
    poison: await countEvents(store, 'poison'),
    unmatched: await countEvents(store, 'unmatched'),
  }
}

/** Facts alone: an event that cannot be read belongs to no tenant, and may name anybody's objects. */
export const listEventsFor = (
  { store }: Pick<Deps, 'store'>,
  state: 'poison' | 'unmatched',
  limit: number,
): Promise<EventFacts[]> => listEventFacts(store, state, limit)

export type { EventFacts }
