/** `berth upload FILE…`: files through Berth to the object store, several at a time. */

import { createUploader } from '../client/index.ts'
import { contentTypeOf } from './content-types.ts'
import { fileSource } from './file-source.ts'
import { displayFor, type Display, type Terminal } from './upload-display.ts'
import { memoryOf } from './upload-memory.ts'
import { parseUpload, UPLOAD_USAGE, type UploadArguments } from './upload-options.ts'

/** @returns how many files were not uploaded. */
export async function upload(args: string[], out: Terminal): Promise<number> {
  const wanted = parseUpload(args)
  if (!wanted) {
    out.write(`${UPLOAD_USAGE}\n`)
    return 0
  }
  const display = displayFor(out)
  const interrupted = new AbortController()
  const stop = (): void => interrupted.abort(new Error('interrupted; run it again to go on'))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  try {
    return await uploadAll({ wanted, display, signal: interrupted.signal })
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    display.close()
  }
}

type Run = { wanted: UploadArguments; display: Display; signal: AbortSignal }

async function uploadAll(run: Run): Promise<number> {
  const { files, jobs } = run.wanted
  const left = files.values()
  let failed = 0
  const work = async (): Promise<void> => {
    for (const path of left) if (!(await isUploaded(run, path))) failed += 1
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return failed
}

async function isUploaded({ wanted, display, signal: interrupted }: Run, path: string) {
  const { url: baseUrl, key: token, profile, metadata, sha256, wait } = wanted
  const { signal, abort, release } = linked(interrupted)
  try {
    signal.throwIfAborted()
    const file = await fileSource(path, wanted.type ?? contentTypeOf(path), abort)
    const resume = wanted.resume && memoryOf(path)
    const uploader = createUploader({ baseUrl, token, resume })
    const onProgress = display.progress.bind(null, path)
    const options = { metadata, sha256, wait, signal, onProgress, ...(profile && { profile }) }
    display.ended(path, await uploader.upload(file, options))
    return true
  } catch (error) {
    display.failed(path, error instanceof Error ? error : new Error(String(error)))
    return false
  } finally {
    release()
  }
}

/** A signal that ends with that one and its reason, or with a reason of its own. */
function linked(source: AbortSignal) {
  const own = new AbortController()
  const abort = (reason: unknown): void => own.abort(reason)
  const follow = (): void => abort(source.reason)
  source.addEventListener('abort', follow)
  if (source.aborted) follow()
  return { signal: own.signal, abort, release: () => source.removeEventListener('abort', follow) }
}
