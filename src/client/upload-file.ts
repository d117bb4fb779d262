/** From a file to a ready upload: the record, the bytes, the verdict. */

import { pathOf, type Api, type Stop } from './api.ts'
import type { Progress, UploadOptions } from './options.ts'
import { pause } from './patience.ts'
import type { Source } from './put.ts'
import { isOver, type Upload } from './record.ts'
import type { Remembered } from './remember.ts'
import { isClosed, isGone, sendParts, sendWhole, type Sending } from './send.ts'
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

type Begun = { upload: Upload; isResumed: boolean }

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
  return { upload, isResumed }
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
async function follow(task: Task, { upload: begun, isResumed }: Begun): Promise<Upload> {
  const { api, signal, options, file } = task
  let upload = begun
  let isSent = isResumed
  for (;;) {
    // An upload that was received is pending again if its bytes have vanished from the store.
    if (upload.state === 'pending') upload = await deliver(task, upload, isSent)
    if (isOver(upload) || options.wait === false) return upload
    isSent = true
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

/** Sends the bytes, unless they may be there already, and says so until Berth has seen them. */
async function deliver(task: Task, upload: Upload, maybeSent: boolean): Promise<Upload> {
  const { api, signal, tries, pauseMs } = task
  let present = maybeSent ? { ...upload, slot: null } : upload
  for (let round = maybeSent ? 0 : 1; ; round += 1) {
    try {
      if (round > 0) await send(task, present)
      return await api<Upload>('POST', `${pathOf(upload.id)}/complete`, { signal })
    } catch (error) {
      // It has arrived, as an event told Berth before we did; or it is over.
      if (isClosed(error)) return await api<Upload>('GET', pathOf(upload.id), { signal })
      // The bytes are there, and Berth looks by itself once the store answers it.
      if (isRefusal(error, 'storage-unavailable')) return present
      const isMissing = isRefusal(error, 'object-not-found-yet', 'parts-incomplete')
      if (!isMissing || round >= tries) throw error
      if (round > 0) await pause(pauseMs, signal)
      present = { ...upload, slot: null }
    }
  }
}

type Held = { parts: { partNumber: number; size: number }[] }

async function send(task: Task, upload: Upload): Promise<void> {
  const { api, signal, file } = task
  if (!upload.parts) return sendWhole(task, upload, file)
  const { parts } = await api<Held>('GET', `${pathOf(upload.id)}/parts`, { signal })
  await sendParts(task, upload, file, parts).catch((error: unknown) => {
    // Made whole, or ended behind our back: what is the case, the next call tells.
    if (!isGone(error)) throw error
  })
}

export const tell = ({ options, file, id }: Task, stage: Progress['stage'], sent: number): void =>
  options.onProgress?.({ stage, sent, total: file.size, id })
