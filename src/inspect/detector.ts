/** Magic bytes, told by a library in a thread that is ended when it takes too long. */

import { Worker } from 'node:worker_threads'

/** A content type, or null when nobody can tell, or not in time. */
export type Detect = (head: Buffer) => Promise<string | null>

export type Detector = { detect: Detect; close: () => Promise<void> }

const PATIENCE_MS = 100
const LATE = Symbol('late')

type Answer = { id: number; type: string | null }
type Thread = { worker: Worker; ready: Promise<void> }

const DETECT_WORKER = new URL('./detect-worker.js', import.meta.url)

/** @param file the thread's code; tests give another. */
export function createDetector(file: URL = DETECT_WORKER): Detector {
  let thread: Thread | null = null
  let queue: Promise<unknown> = Promise.resolve()
  let lastId = 0

  const detectNow = async (head: Buffer): Promise<string | null> => {
    thread ??= startThread(file)
    const { worker, ready } = thread
    await ready
    lastId += 1
    const answer = await ask(worker, { id: lastId, head })
    if (answer !== LATE) return answer
    // The bytes are of no type that can be told in time; the next head gets a fresh thread.
    thread = null
    await worker.terminate()
    return null
  }
  return {
    // One at a time, so that the patience is for one head alone.
    detect: (head) => {
      const turn = queue.then(() => detectNow(head))
      queue = turn.catch(() => undefined)
      return turn
    },
    close: async () => {
      await thread?.worker.terminate()
      thread = null
    },
  }
}

function startThread(file: URL): Thread {
  const worker = new Worker(file)
  worker.unref()
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('error', reject)
  })
  return { worker, ready }
}

function ask(
  worker: Worker,
  question: { id: number; head: Buffer },
): Promise<Answer['type'] | typeof LATE> {
  return new Promise((resolve) => {
    const done = (type: string | null | typeof LATE): void => {
      clearTimeout(timer)
      worker.off('message', heard)
      worker.off('error', failed)
      resolve(type)
    }
    const heard = ({ id, type }: Answer): void => {
      if (id === question.id) done(type)
    }
    const failed = (): void => done(LATE)
    const timer = setTimeout(failed, PATIENCE_MS)
    worker.on('message', heard)
    worker.on('error', failed)
    worker.postMessage(question)
  })
}
