/** The event streams that are open on this node: how many there may be, their heartbeat, their end. */

import type { Response } from 'express'
import type { Caller } from '../broker/deps.ts'
import { draining, tooManyStreams } from '../problems.ts'

export type EventStreams = {
  /**
   * Answers with the head of a stream. Throws `too-many-streams`, or `draining`.
   * @returns what aborts when the reader leaves, falls behind, or has to go because the node stops.
   */
  open: (res: Response, caller: Caller) => AbortSignal
}

type Reader = { keyId: string; leaving: AbortController }

/** Proxies close what is silent for a minute, some after half of one. */
const HEARTBEAT_MS = 15_000
const HEARTBEAT = ':\n\n'
/** Unread, a stream holds a few records: whoever lets more pile up is not reading. */
const LARGEST_BACKLOG_BYTES = 256 * 1024
/** A page follows a few uploads; whoever copied its token out of it shall not keep others out. */
const MOST_OF_A_TOKEN = 50

export function createEventStreams(
  most: number,
  stopping: AbortSignal,
  heartbeatMs = HEARTBEAT_MS,
): EventStreams {
  const readers = new Map<Response, Reader>()
  const places = createPlaces(most)
  let timer: NodeJS.Timeout | undefined

  const beat = (): void => {
    for (const res of [...readers.keys()]) {
      if (res.writableLength > LARGEST_BACKLOG_BYTES) res.destroy()
      // One that has ended, and whose reader has not taken the last of it yet, takes nothing more.
      else if (!res.writableEnded) res.write(HEARTBEAT)
    }
  }
  const leave = (res: Response): void => {
    const reader = readers.get(res)
    if (!reader) return
    reader.leaving.abort()
    readers.delete(res)
    places.giveBack(reader.keyId)
    if (readers.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
  stopping.addEventListener('abort', () => [...readers.keys()].forEach(leave), { once: true })

  return {
    open: (res, caller) => {
      if (stopping.aborted) throw draining('live status')
      // Gone while we looked; it will not say so again.
      if (res.destroyed) return AbortSignal.abort()
      places.take(caller)
      const leaving = new AbortController()
      readers.set(res, { keyId: caller.keyId, leaving })
      res.on('close', () => leave(res))
      // One timer for all of them.
      timer ??= setInterval(beat, heartbeatMs).unref()
      res.set({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).flushHeaders()
      return leaving.signal
    },
  }
}

/** No key has a node to itself, and no token a large part of one. */
function createPlaces(most: number) {
  const taken = new Map<string, number>()
  let all = 0
  return {
    /** Throws `too-many-streams`. */
    take: ({ keyId, token }: Caller): void => {
      const share = token ? Math.min(MOST_OF_A_TOKEN, most) : Math.ceil(most / 2)
      const own = taken.get(keyId) ?? 0
      if (all >= most) throw tooManyStreams(most, 'on this node')
      if (own >= share) throw tooManyStreams(share, 'of this key or token')
      taken.set(keyId, own + 1)
      all += 1
    },
    giveBack: (keyId: string): void => {
      const left = (taken.get(keyId) ?? 0) - 1
      if (left > 0) taken.set(keyId, left)
      else taken.delete(keyId)
      all -= 1
    },
  }
}
