/** Magic bytes, told by a library in a thread that is ended when it takes too long. */

import { Worker } from 'node:worker_threads'

/** A content type, or null when nobody can tell, or not in time. */
export type Detect = (head: Buffer) => Promise<string | null>

export type Detector = { detect: Detect; close: () => Promise<void> }

/**
 * What a head may take. One that is late gets a second, longer turn aside from all others: on a
 * machine that is short of time every head may be late, and that must not decide what it is.
 */
type Patience = { firstMs: number; secondMs: number }

const PATIENCE: Patience = { firstMs: 100, secondMs: 2_000 }

const LATE = Symbol('late')

type Told = string | null | typeof LATE
type Answer = { id: number; type: string | null }
type Thread = { worker: Worker; ready: Promise<void> }

const DETECT_WORKER = new URL('./detect-worker.js', import.meta.url)

/** @param file the thread's code; tests give another. */
export function createDetector(file: URL = DETECT_WORKER, patience = PATIENCE): Detector {
  const first = createLane(file, patience.firstMs)
  const second = createLane(file, patience.secondMs)
  return {
    detect: async (head) => {
      const told = await first.ask(head)
      const type = told === LATE ? await second.ask(head) : told
      // Late twice: the bytes are of no type that can be told.
      return type === LATE ? null : type
    },
    close: async () => {
      await Promise.all([first.close(), second.close()])
    },
  }
}

/** A thread that is asked about one head at a time, so that the patience is for that head alone. */
function createLane(file: URL, patienceMs: number) {
  let thread: Thread | null = null
  let queue: Promise<unknown> = Promise.resolve()
  let lastId = 0

  // A thread that could not start (no descriptors, no memory), or has died, is not asked again.
  const forget = (dead: Worker): void => {
    if (thread?.worker === dead) thread = null
  }
  const askNow = async (head: Buffer): Promise<Told> => {
    const { worker, ready } = (thread ??= startThread(file, forget))
    await ready
    lastId += 1
    const told = await ask(worker, { id: lastId, head }, patienceMs)
    if (told !== LATE) return told
    // It is lost in this head; the next one gets a fresh thread.
    thread = null
    await worker.terminate()
    return LATE
  }
  return {
    ask: (head: Buffer): Promise<Told> => {
      const turn = queue.then(() => askNow(head))
      queue = turn.catch(() => undefined)
      return turn
    },
    close: async () => {
      await thread?.worker.terminate()
      thread = null
    },
  }
}

function startThread(file: URL, ended: (worker: Worker) => void): Thread {
  const worker = new Worker(file)
  worker.unref()
  for (const end of ['error', 'exit']) worker.on(end, () => ended(worker))
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
  return { worker, ready }
}

/** Counted in ticks: while the process itself gets no time to run, none runs out for the thread. */
const TICKS = 10

type Question = { id: number; head: Buffer }

function ask(worker: Worker, question: Question, patienceMs: number): Promise<Told> {
  return new Promise((resolve) => {
    const done = (told: Told): void => {
      clearInterval(timer)
      worker.off('message', heard)
      worker.off('error', failed)
      resolve(told)
    }
    const heard = ({ id, type }: Answer): void => {
      if (id === question.id) done(type)
    }
    const failed = (): void => done(LATE)
    let left = TICKS
    const timer = setInterval(() => {
      left -= 1
      if (left === 0) done(LATE)
    }, patienceMs / TICKS)
    worker.on('message', heard)
    worker.on('error', failed)
    worker.postMessage(question)
  })
}
