/** One PUT to the object store. */

import { StoreRefused, StoreUnreachable } from './in-words.ts'

export type Target = { method: string; url: string; headers: Record<string, string> }

export type Sending = {
  /** Told the bytes of this body that have left. */
  progress: (sent: number) => void
  signal: AbortSignal
}

/** fetch tells nothing about the progress of a request's body; XMLHttpRequest does. */
export function put(target: Target, body: Blob, { progress, signal }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = (): void => {
      request.abort()
      reject(new DOMException('stopped', 'AbortError'))
    }
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) return abort()
    request.open(target.method, target.url)
    for (const [name, value] of Object.entries(target.headers)) {
      request.setRequestHeader(name, value)
    }
    request.upload.addEventListener('progress', ({ loaded }) => progress(loaded))
    request.addEventListener('load', () => {
      // 412: an object is there already, perhaps from a try whose answer was lost. Berth knows.
      if (request.status < 300 || request.status === 412) resolve()
      else reject(new StoreRefused(request.status, request.responseText))
    })
    request.addEventListener('error', () => reject(new StoreUnreachable('no answer')))
    request.addEventListener('loadend', () => signal.removeEventListener('abort', abort))
    request.send(body)
  })
}
