/** Workers: keep up to `concurrency` pieces of work going, and look for more whenever one ends. */

import type { Job, JobLog } from './every.ts'

type Work = { id: string; tenant: string }

export type WorkSpec<Item extends Work> = {
  name: string
  concurrency: number
  /** Of one tenant at a time, so that another always finds a free hand soon. */
  perTenant: number
  /** How many times as many to ask for: the question costs more, the more there are waiting. */
  lookAhead: number
  /** How often to look for work that nobody announced. */
  pollMs: number
  next: (limit: number) => Promise<Item[]>
  run: (item: Item, stop: AbortSignal) => Promise<void>
}

/** Of the time may go by with asking, however long each answer takes. */
const LARGEST_SHARE = 0.1
/** A database that was away for seconds must not be left alone for minutes. */
const LONGEST_PAUSE_MS = 250

export function startWorkers<Item extends Work>(spec: WorkSpec<Item>, log: JobLog): Job {
  const { name, concurrency, lookAhead, pollMs, next } = spec
  const failed = (error: unknown): void => log('job.failed', { job: name, error: String(error) })
  const hands = createHands(spec, failed)
  let known: Item[] = []

  const begin = (): void => {
    known = known.filter((item) => !hands.begin(item))
  }
  /** @returns milliseconds in which it should not be asked again. */
  const fill = async (): Promise<number> => {
    // A question that was put off until the stop, or until all hands were busy.
    if (!hands.areFree()) return 0
    const began = performance.now()
    // Those at work may still be listed, so as many more are asked for.
    known = await next(lookAhead * concurrency + hands.busy())
    const spentMs = performance.now() - began
    begin()
    return Math.min(LONGEST_PAUSE_MS, spentMs / LARGEST_SHARE)
  }
  const ask = coalesced(() =>
    fill().catch((error: unknown) => {
      failed(error)
      return 0
    }),
  )
  const look = (): void => {
    // What was known may be somebody else's by now, which beginning it tells.
    begin()
    if (hands.areFree()) ask()
  }
  hands.whenFree(look)
  const timer = setInterval(look, pollMs)
  look()

  return {
    wake: look,
    stop: async () => {
      clearInterval(timer)
      await hands.stop()
    },
  }
}

function createHands<Item extends Work>(
  { concurrency, perTenant, run }: WorkSpec<Item>,
  failed: (error: unknown) => void,
) {
  // After a failure the next poll is soon enough: at once would be a busy loop.
  const notDone = (error: unknown): boolean => {
    failed(error)
    return false
  }
  const stopping = new AbortController()
  const busy = new Map<string, { tenant: string; work: Promise<void> }>()
  let freed = (): void => undefined
  const areFree = (): boolean => busy.size < concurrency && !stopping.signal.aborted
  const servedOf = (tenant: string): number =>
    [...busy.values()].filter((one) => one.tenant === tenant).length

  /** False: not now. One that is at work already counts as begun. */
  const begin = (item: Item): boolean => {
    if (busy.has(item.id)) return true
    if (!areFree() || servedOf(item.tenant) >= perTenant) return false
    const work = run(item, stopping.signal)
      .then(() => true, notDone)
      .then((done) => {
        busy.delete(item.id)
        if (done) freed()
      })
    busy.set(item.id, { tenant: item.tenant, work })
    return true
  }
  return {
    areFree,
    begin,
    busy: () => busy.size,
    whenFree: (then: () => void) => {
      freed = then
    },
    stop: async () => {
      stopping.abort()
      await Promise.all([...busy.values()].map(({ work }) => work))
    },
  }
}

/** Calls that come while one runs, or in the pause that it asks for, are answered by one more run after it. */
function coalesced(run: () => Promise<number>): () => void {
  let running = false
  let again = false
  const go = (): void => {
    if (running) {
      again = true
      return
    }
    running = true
    void run().then((pauseMs) => {
      if (pauseMs < 1) end()
      else setTimeout(end, pauseMs).unref()
    })
  }
  const end = (): void => {
    running = false
    if (!again) return
    again = false
    go()
  }
  return go
}
