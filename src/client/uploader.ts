/** What a page or a program holds: uploads files, follows them, checks receipts. */

import {
  createApi,
  never,
  pathOf,
  USUAL_PATIENCE,
  type Api,
  type Connection,
  type Stop,
} from './api.ts'
import type { UploadOptions } from './options.ts'
import type { Source } from './put.ts'
import type { Upload } from './record.ts'
import { pageMemory, remembered, type Memory } from './remember.ts'
import { tell, untilOver, uploadFile, type Task } from './upload-file.ts'
import { verifyReceipt, type KeySet, type Receipt } from './verify-receipt.ts'

export type UploaderOptions = Connection & {
  /** How many parts of a large file go at a time; 4 without it. */
  parallel?: number
  /** Go on after a reload: `true` remembers in `localStorage`; anything like it may be given. */
  resume?: boolean | Memory
}

const USUAL_PARALLEL = 4

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
    wait: (id, stop) => untilOver(api, id, stop),
    cancel: (id, stop) => api('DELETE', pathOf(id), stop),
    receipt: async (id, stop) => {
      const receipt = await api<string>('GET', `${pathOf(id)}/receipt`, stop)
      return verifyReceipt(receipt, await api<KeySet>('GET', '/.well-known/jwks.json', stop), id)
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
    signal: options.signal ?? never(),
    memory: memory && remembered(memory, file, asked),
    id: null,
    onSent: (bytes) => tell(task, 'sending', (sent = bytes)),
    onOffline: () => tell(task, 'offline', sent),
  }
  return task
}
