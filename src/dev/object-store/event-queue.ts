/** Event webhooks with a queue on disk, as MinIO has with QUEUE_DIR: in order, retried until 2xx. */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stored } from './disk.ts'
import type { EventTarget } from './types.ts'

export type EventQueue = {
  announce: (eventName: string, bucket: string, key: string, stored: Stored) => void
  stop: () => Promise<void>
}

const RETRY_MS = 1_000

export function createEventQueue(folder: string, target: EventTarget, now: () => Date): EventQueue {
  const queue = join(folder, 'events')
  mkdirSync(queue, { recursive: true })
  const postman = createPostman(queue, target)
  let sequence = Number.parseInt(readdirSync(queue).sort().at(-1) ?? '0', 10)
  if (sequence > 0) postman.wake()

  return {
    announce: (eventName, bucket, key, stored) => {
      if (!key.includes(target.keysWith)) return
      sequence += 1
      const name = String(sequence).padStart(12, '0')
      const draft = join(folder, `draft-event-${name}`)
      writeFileSync(draft, JSON.stringify(toEvent({ eventName, bucket, key, stored, at: now() })))
      renameSync(draft, join(queue, name))
      postman.wake()
    },
    stop: postman.stop,
  }
}

function createPostman(queue: string, target: EventTarget) {
  const stopping = new AbortController()
  let sending: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined

  /** The rest waits behind the one that was refused, as in MinIO. */
  const send = async (): Promise<void> => {
    for (let next = first(queue); next !== undefined; next = first(queue)) {
      const path = join(queue, next)
      if (!(await deliver(target, readFileSync(path, 'utf8'), stopping.signal))) {
        timer = setTimeout(wake, RETRY_MS)
        return
      }
      rmSync(path)
    }
  }
  const wake = (): void => {
    if (sending || stopping.signal.aborted) return
    clearTimeout(timer)
    sending = send().finally(() => {
      sending = null
    })
  }
  const stop = async (): Promise<void> => {
    stopping.abort()
    clearTimeout(timer)
    await sending
  }
  return { wake, stop }
}

const first = (queue: string): string | undefined => readdirSync(queue).sort()[0]

async function deliver(target: EventTarget, body: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(target.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${target.token}`, 'content-type': 'application/json' },
      body,
      signal,
    })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

type Created = { eventName: string; bucket: string; key: string; stored: Stored; at: Date }

/** The shape that MinIO sends. */
function toEvent({ eventName, bucket, key, stored, at }: Created) {
  const object = {
    key: encodeURIComponent(key),
    size: stored.size,
    eTag: stored.etag.replaceAll('"', ''),
    contentType: stored.contentType,
    sequencer: at.getTime().toString(16).toUpperCase().padStart(16, '0'),
  }
  const record = {
    eventVersion: '2.0',
    eventSource: 'berth:dev',
    awsRegion: '',
    eventTime: at.toISOString(),
    eventName,
    s3: { s3SchemaVersion: '1.0', bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` }, object },
  }
  return { EventName: eventName, Key: `${bucket}/${key}`, Records: [record] }
}
