/** What a page or a program holds: uploads files, follows them, checks receipts. */

import { createApi, USUAL_PATIENCE, type Api, type Connection } from './api.ts'
import type { Source } from './put.ts'
import type { Upload } from './record.ts'
import { pageMemory, remembered, type Memory } from './remember.ts'
import { pathOf, tell, untilOver, uploadFile, type Task } from './upload-file.ts'
import { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'

export type UploaderOptions = Connection & {
  /** How many parts of a large file go at a time; 4 without it. */
  parallel?: number
  /** Go on after a reload: `true` remembers in `localStorage`; anything like it may be given. */
  resume?: boolean | Memory
}

/**
 * `offline`: waits for the network, and goes on by itself. `sent` and `total` are bytes; while
 * hashing, `sent` counts those that were read.
 */
export type Progress = {
  stage: 'hashing' | 'sending' | 'offline' | 'verifying'
  sent: number
  total: number
  /** The upload's, once there is one. */
  id: string | null
}

export type UploadOptions = {
  /** Without it the token's, or `default`. */
  profile?: string
  metadata?: Record<string, string>
  /** Without them the file's own. */
  filename?: string
  contentType?: string
  /** The end user, as you name them; API keys only. */
  subject?: string
  /** Seconds that a slot is good for. */
  expiresIn?: number
  /** Reads the file before, and declares its SHA-256. */
  sha256?: boolean
  /** `false`: resolves when the bytes have arrived, with the record as it is then. */
  wait?: boolean
  onProgress?: (progress: Progress) => void
  /** Ends it; the upload is withdrawn, unless it can be resumed. */
  signal?: AbortSignal
}

const USUAL_PARALLEL = 4

type Stop = { signal?: AbortSignal }

export type Uploader = {
  /** Resolves with the ready record; rejects with `UploadError`, or the signal's reason. */
  upload: (file: Source, options?: UploadOptions) => Promise<Upload>
  /** The record, once the upload is ready or over in another way. */
  wait: (id: string, options?: Stop) => Promise<Upload>
  /** Withdraws an upload that is not ready yet. */
  cancel: (id: string, options?: Stop) => Promise<Upload>
  /** What was verified, with Berth's signature checked. */
  receipt: (id: string, options?: Stop) => Promise<Receipt>
}

export function createUploader(uploader: UploaderOptions): Uploader {
  const api = createApi(uploader)
  const call = ({ signal = new AbortController().signal }: Stop = {}) => ({ signal })
  const busy = new Set<string>()
  return {
    upload: async (file, options = {}) => {
      const task = taskOf(uploader, api, { file, options })
      const { key = '' } = task.memory ?? {}
      // What is under way in this very page is not resumed beside itself.
      if (busy.has(key)) task.memory = null
      else if (key) busy.add(key)
      return uploadFile(task).finally(() => task.memory && busy.delete(key))
    },
    wait: (id, stop) => untilOver(api, id, call(stop).signal),
    cancel: (id, stop) => api('DELETE', pathOf(id), call(stop)),
    receipt: async (id, stop) => {
      const [receipt, keys] = await Promise.all([
        api<string>('GET', `${pathOf(id)}/receipt`, call(stop)),
        api<KeySet>('GET', '/.well-known/jwks.json', call(stop)),
      ])
      return verifyReceipt(receipt, keys, id)
    },
  }
}

type Asked = Pick<Task, 'file' | 'options'>

function taskOf(uploader: UploaderOptions, api: Api, { file, options }: Asked): Task {
  const { resume = false, baseUrl } = uploader
  const { profile, metadata, filename, contentType, subject } = options
  const memory = resume === true ? pageMemory() : resume || null
  const asked = [baseUrl, profile, metadata, filename, contentType, subject]
  let sent = 0
  const task: Task = {
    ...USUAL_PATIENCE,
    parallel: USUAL_PARALLEL,
    ...uploader,
    api,
    file,
    options,
    signal: options.signal ?? new AbortController().signal,
    memory: memory && remembered(memory, file, asked),
    id: null,
    onSent: (bytes) => tell(task, 'sending', (sent = bytes)),
    onOffline: () => tell(task, 'offline', sent),
  }
  return task
}
