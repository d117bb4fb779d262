/** A job on a clock: never overlaps itself, can be woken early, and outlives its own failures. */

export type Job = {
  /** Runs soon, or once more right after the present run. */
  wake: () => void
  /** Resolves when nothing of it runs any more. */
  stop: () => Promise<void>
}

export type JobLog = (event: string, facts: Record<string, unknown>) => void

export type JobSpec = {
  name: string
  intervalMs: number
  /** How many rows were handled; a full batch is followed by another run at once. */
  run: () => Promise<number>
  /** The batch size that `run` bounds itself to. */
  batch: number
}

export function every({ name, intervalMs, run, batch }: JobSpec, log: JobLog): Job {
  let stopped = false
  let again = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  const once = async (): Promise<void> => {
    do {
      again = false
      try {
        if ((await run()) >= batch) again = true
      } catch (error) {
        log('job.failed', { job: name, error: String(error) })
        again = false
      }
    } while (again && !stopped)
  }
  const start = (): void => {
    clearTimeout(timer)
    running = once().finally(() => {
      running = undefined
      if (!stopped) timer = setTimeout(start, intervalMs)
    })
  }
  timer = setTimeout(start, 0)

  return {
    wake: () => {
      if (running) again = true
      else if (!stopped) start()
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
