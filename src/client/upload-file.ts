/** From a file to a ready upload: the record, the bytes, the verdict. */

import { pathOf, type Api, type Stop } from './api.ts'
import type { Progress, UploadOptions } from './options.ts'
import { pause } from './patience.ts'
import type { Source } from './put.ts'
import { isOver, type Upload } from './record.ts'
import type { Remembered } from './remember.ts'
import { sendParts, sendWhole, type Sending } from './send.ts'
import { sha256Of } from './sha256.ts'
import { isRefusal, UploadError } from './upload-error.ts'

export type Task = Sending & {
  options: UploadOptions
  file: Source
  /** Null: nothing is resumed. */
  memory: Remembered | null
  /** The upload's, once there is one. */
  id: string | null
}

export async function uploadFile(task: Task): Promise<Upload> {
  const { api, signal, memory } = task
  try {
    const earlier = await begin(task)
    const upload = await follow(task, earlier)
    memory?.forget()
    if (upload.state === 'ready' || !isOver(upload)) return upload
    throw new UploadError('not-ready', ended(upload), { upload })
  } catch (error) {
    // Nobody waits for it: what cannot be withdrawn now expires by itself.
    if (signal.aborted && task.id && !memory) {
      void api('DELETE', pathOf(task.id)).catch(() => undefined)
    }
    throw error
  }
}

const ended = ({ state, rejection }: Upload): string =>
  rejection
    ? `The upload was rejected: ${rejection.detail}; expected ${rejection.expected}, found ${rejection.observed}.`
    : `The upload is ${state}.`

/** Whether the bytes are in the store, as far as we know. */
type Sent = 'no' | 'maybe' | 'yes'

type Begun = { upload: Upload; sent: Sent }

/** The upload that was begun before a reload, or a new one. */
async function begin(task: Task): Promise<Begun> {
  const { api, file, signal, options, memory } = task
  const onRead = (bytes: number): void => tell(task, 'hashing', bytes)
  const sha256 = options.sha256 ? await sha256Of(file, { signal, onRead }) : null
  const earlier = await memory?.recall(api, signal)
  // The same name, size and date, and yet another file: only a hash tells.
  const isResumed = !!earlier && (!sha256 || earlier.sha256 === sha256)
  const upload = isResumed ? earlier : await create(task, sha256)
  task.id = upload.id
  memory?.keep(upload)
  return { upload, sent: isResumed ? 'maybe' : 'no' }
}

function create({ api, file, signal, options }: Task, sha256: string | null): Promise<Upload> {
  const { profile, metadata, subject, expiresIn } = options
  const contentType = options.contentType ?? file.type ?? ''
  const body = {
    filename: options.filename ?? file.name ?? 'file',
    // Browsers add parameters to the types of texts.
    contentType: contentType.replace(/ *;.*/, '') || 'application/octet-stream',
    size: file.size,
    sha256,
    profile,
    metadata,
    subject,
    expiresIn,
  }
  // Whichever answer is lost, it stays one upload.
  const headers = { 'idempotency-key': [...crypto.getRandomValues(new Uint32Array(4))].join('-') }
  return api('POST', '/v1/uploads', { signal, body, headers })
}

/** Until it is over, or as far as was asked for. */
async function follow(task: Task, begun: Begun): Promise<Upload> {
  const { api, signal, options, file } = task
  let { upload, sent } = begun
  for (;;) {
    // An upload that was received is pending again if its bytes have vanished from the store.
    if (upload.state === 'pending') upload = await deliver(task, upload, sent)
    if (isOver(upload) || options.wait === false) return upload
    sent = 'yes'
    tell(task, 'verifying', file.size)
    upload = await api('GET', `${pathOf(upload.id)}?wait=20`, { signal })
  }
}

export async function untilOver(api: Api, id: string, stop?: Stop): Promise<Upload> {
  for (;;) {
    const upload = await api<Upload>('GET', `${pathOf(id)}?wait=20`, stop)
    if (isOver(upload)) return upload
  }
}

/** Longer than Berth lets the store take for it. */
const LONGEST_COMPLETION_MS = 330_000

/** Sends the bytes, unless they may be there already, and says so until Berth has seen them. */
async function deliver(task: Task, upload: Upload, before: Sent): Promise<Upload> {
  const { api, signal, tries, pauseMs } = task
  let sent = before
  let present = upload
  for (let round = before === 'no' ? 1 : 0; ; round += 1) {
    try {
      if (round > 0) sent = await send(task, present)
      return await api<Upload>('POST', `${pathOf(upload.id)}/complete`, {
        signal,
        longestMs: LONGEST_COMPLETION_MS,
      })
    } catch (error) {
      // It has arrived, as an event told Berth before we did; or it is over.
      if (isRefusal(error, 'illegal-state', 'upload-expired', 'upload-deleted'))
        return await api<Upload>('GET', pathOf(upload.id), { signal })
      // The bytes are there, and Berth looks by itself once the store answers it.
      if (sent === 'yes' && isRefusal(error, 'storage-unavailable')) return upload
      const isMissing = isRefusal(error, 'object-not-found-yet', 'parts-incomplete')
      if (!isMissing || round >= tries) throw error
      if (round > 0) await pause(pauseMs, signal)
      sent = 'no'
      present = { ...upload, slot: null }
    }
  }
}

type Held = { parts: { partNumber: number; size: number }[] }

async function send(task: Task, upload: Upload): Promise<Sent> {
  const { api, signal, file } = task
  try {
    if (upload.parts) {
      const { parts } = await api<Held>('GET', `${pathOf(upload.id)}/parts`, { signal })
      await sendParts(task, upload, file, parts)
    } else await sendWhole(task, upload, file)
    return 'yes'
  } catch (error) {
    // Made whole, or ended behind our back: what is the case, the next call tells.
    if (isRefusal(error, 'gone')) return 'maybe'
    throw error
  }
}

export const tell = ({ options, file, id }: Task, stage: Progress['stage'], sent: number): void =>
  options.onProgress?.({ stage, sent, total: file.size, id })
