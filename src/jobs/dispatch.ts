/** The dispatcher: keeps attempts going, a few per endpoint, in two lanes so that the dead hold up nobody. */

import type { Job, JobLog } from './every.ts'
import { createLane, type Lane, type Taken } from './lane.ts'

export type DispatchSpec<Item extends Taken> = {
  /** Attempts at a time, over all endpoints. */
  concurrency: number
  isDue: () => Promise<boolean>
  dueTo: (turn: { isSuspect: boolean; afterId: string; limit: number }) => Promise<string[]>
  claim: (webhookId: string, limit: number) => Promise<Item[]>
  run: (item: Item, stop: AbortSignal) => Promise<void>
}

const PER_ENDPOINT = 8
const POLL_MS = 100
/** After an attempt, when there may be more for its endpoint. */
const SOON_MS = 10

/** Of the time may go by with asking for endpoints, however many there are. */
const LARGEST_SHARE = 0.1
const LONGEST_PAUSE_MS = 250

/** While the records are away, one line a second in the log is enough. */
const AFTER_FAILURE_MS = 1_000

/** Attempts that end by themselves within this need not be made again elsewhere. */
const STOP_PATIENCE_MS = 5_000

export function startDispatcher<Item extends Taken>(spec: DispatchSpec<Item>, log: JobLog): Job {
  const stopping = new AbortController()
  const failed = (error: unknown): void =>
    log('job.failed', { job: 'dispatch', error: String(error) })
  let looks: Looks | null = null
  const run = async (item: Item): Promise<void> => {
    await spec.run(item, stopping.signal).catch(failed)
    looks?.soon()
  }
  const claim = (webhookId: string, limit: number): Promise<Item[]> =>
    spec.claim(webhookId, limit).catch((error: unknown) => {
      failed(error)
      return []
    })
  const ending = new AbortController()
  const lanes = lanesOf({ ...spec, claim, run, stop: ending.signal })
  const look = async (): Promise<number> => {
    if (!(await spec.isDue())) return 0
    const asked = await Promise.all(lanes.map((lane) => lane.fill()))
    return Math.min(LONGEST_PAUSE_MS, Math.max(...asked) / LARGEST_SHARE)
  }
  looks = startLooks(() =>
    look().catch((error: unknown) => {
      failed(error)
      return AFTER_FAILURE_MS
    }),
  )
  const { soon, stop } = looks

  return {
    wake: soon,
    stop: async () => {
      ending.abort()
      const impatient = setTimeout(() => stopping.abort(), STOP_PATIENCE_MS)
      await stop()
      await Promise.all(lanes.map((lane) => lane.idle()))
      clearTimeout(impatient)
    },
  }
}

type Looks = { soon: () => void; stop: () => Promise<void> }

/** One look at a time. `look` never rejects, and says for how many milliseconds to pause after it. */
function startLooks(look: () => Promise<number>): Looks {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | null = null
  let notBefore = 0
  let isHurried = false

  const begin = (): void => {
    isHurried = false
    looking = look().then((pauseMs) => {
      notBefore = performance.now() + pauseMs
      looking = null
      schedule(isHurried ? SOON_MS : POLL_MS)
    })
  }
  const schedule = (delay: number): void => {
    if (stopped) return
    clearTimeout(timer)
    timer = setTimeout(begin, Math.max(delay, notBefore - performance.now()))
  }
  begin()
  return {
    soon: () => {
      if (isHurried) return
      isHurried = true
      if (!looking) schedule(SOON_MS)
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}

type LanesSpec<Item extends Taken> = Omit<DispatchSpec<Item>, 'isDue' | 'run'> & {
  /** Never rejects. */
  run: (item: Item) => Promise<void>
  stop: AbortSignal
}

/** An endpoint that keeps failing gets one attempt at a time, in the lane of its like. */
function lanesOf<Item extends Taken>(spec: LanesSpec<Item>): Lane[] {
  const { concurrency, dueTo, ...work } = spec
  const half = Math.floor(concurrency / 2)
  const lane = (isSuspect: boolean, places: number, perEndpoint: number): Lane =>
    createLane({
      ...work,
      width: places,
      perEndpoint,
      dueTo: (afterId, limit) => dueTo({ isSuspect, afterId, limit }),
    })
  return [lane(false, concurrency - half, PER_ENDPOINT), lane(true, half, 1)]
}
