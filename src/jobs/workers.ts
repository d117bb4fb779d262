/** Workers: keep up to `concurrency` pieces of work going, and look for more whenever one ends. */

import type { Job, JobLog } from './every.ts'

type Work = { id: string; tenant: string }

export type WorkSpec<Item extends Work> = {
  name: string
  concurrency: number
  /** Of one tenant at a time, so that another always finds a free hand soon. */
  perTenant: number
  /** How often to look for work that nobody announced. */
  pollMs: number
  next: (limit: number) => Promise<Item[]>
  run: (item: Item, stop: AbortSignal) => Promise<void>
}

export function startWorkers<Item extends Work>(spec: WorkSpec<Item>, log: JobLog): Job {
  const { name, concurrency, pollMs, next } = spec
  const failed = (error: unknown): void => log('job.failed', { job: name, error: String(error) })
  const hands = createHands(spec, failed)

  const fill = async (): Promise<void> => {
    // Those at work may still be listed, so as many more are asked for.
    const found = await next(concurrency + hands.busy())
    for (const item of found) hands.begin(item)
  }
  const look = coalesced(() => (hands.areFree() ? fill().catch(failed) : Promise.resolve()))
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
  const stopping = new AbortController()
  const busy = new Map<string, { tenant: string; work: Promise<void> }>()
  let freed = (): void => undefined
  const areFree = (): boolean => busy.size < concurrency && !stopping.signal.aborted

  const isServed = (tenant: string): boolean =>
    [...busy.values()].filter((one) => one.tenant === tenant).length >= perTenant

  const begin = (item: Item): void => {
    if (!areFree() || busy.has(item.id) || isServed(item.tenant)) return
    const work = run(item, stopping.signal)
      // After a failure the next poll is soon enough: at once would be a busy loop.
      .then(
        () => true,
        (error: unknown) => {
          failed(error)
          return false
        },
      )
      .then((done) => {
        busy.delete(item.id)
        if (done) freed()
      })
    busy.set(item.id, { tenant: item.tenant, work })
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

/** Calls that come while one runs are answered by one more run after it. */
function coalesced(run: () => Promise<void>): () => void {
  let running = false
  let again = false
  const go = (): void => {
    if (running) {
      again = true
      return
    }
    running = true
    void run().finally(() => {
      running = false
      if (!again) return
      again = false
      go()
    })
  }
  return go
}
