/** The event streams that are open on this node: how many there may be, their heartbeat, their end. */

import type { Response } from 'express'
import { draining, tooManyStreams } from '../problems.ts'

export type EventStreams = {
  /**
   * Answers with the head of a stream. Throws `too-many-streams`, or `draining`.
   * @returns what aborts when the reader leaves, falls behind, or has to go because the node stops.
   */
  open: (res: Response) => AbortSignal
}

/** Proxies close what is silent for a minute, some after half of one. */
const HEARTBEAT_MS = 15_000
const HEARTBEAT = ':\n\n'
/** Unread, a stream holds a few records: whoever lets more pile up is not reading. */
const LARGEST_BACKLOG_BYTES = 256 * 1024

export function createEventStreams(
  most: number,
  stopping: AbortSignal,
  heartbeatMs = HEARTBEAT_MS,
): EventStreams {
  const readers = new Map<Response, AbortController>()
  let timer: NodeJS.Timeout | undefined

  const beat = (): void => {
    for (const res of [...readers.keys()]) {
      if (res.writableLength > LARGEST_BACKLOG_BYTES) res.destroy()
      else res.write(HEARTBEAT)
    }
  }
  const close = (res: Response): void => {
    readers.get(res)?.abort()
    readers.delete(res)
    if (readers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  stopping.addEventListener('abort', () => [...readers.keys()].forEach(close), { once: true })

  return {
    open: (res) => {
      if (stopping.aborted) throw draining('live status')
      if (readers.size >= most) throw tooManyStreams(most)
      const reader = new AbortController()
      readers.set(res, reader)
      res.on('close', () => close(res))
      // One timer for all of them.
      timer ??= setInterval(beat, heartbeatMs).unref()
      res.set({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).flushHeaders()
      return reader.signal
    },
  }
}
