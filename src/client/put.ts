/** One PUT to the object store, with progress: XMLHttpRequest in browsers, a stream in Node. */

import { reach } from './reach.ts'
import type { Slot } from './record.ts'

/** A `File` or `Blob`, or anything that can be cut and read like one. */
export type Source = {
  /** Bytes. */
  readonly size: number
  readonly type?: string
  readonly name?: string
  /** Milliseconds since 1970. */
  readonly lastModified?: number
  /** Below the folder that was chosen; tells files of one name apart. */
  readonly webkitRelativePath?: string
  slice: (start: number, end: number) => Source
  stream: () => ReadableStream<Uint8Array>
  arrayBuffer: () => Promise<ArrayBuffer>
}

/** What a PUT needs of a slot. */
export type PlainSlot = Pick<Slot, 'method' | 'url' | 'headers'>

export type Answer = { status: number; text: string }

export type Way = {
  signal: AbortSignal
  /** Told how many bytes of the body have gone so far. */
  onSent: (bytes: number) => void
  fetch?: typeof fetch | undefined
}

/** A connection that says nothing for so long is dead. */
const LONGEST_SILENCE_MS = 120_000

/** Of a connection that does not say how far it is: 64 KB/s. */
const SLOWEST_BYTES_PER_MS = 64

/** Rejects with `unreachable` when there is no answer, and with the signal's reason. */
export async function put(
  slot: PlainSlot,
  body: Source,
  { signal, onSent, fetch: send }: Way,
): Promise<Answer> {
  const Request = send
    ? undefined
    : (globalThis as unknown as { XMLHttpRequest?: new () => Xhr }).XMLHttpRequest
  const limits = {
    signal,
    longestMs: LONGEST_SILENCE_MS + (Request || isNode() ? 0 : body.size / SLOWEST_BYTES_PER_MS),
    words: unreachable(slot.url),
  }
  return reach(limits, (own, heard) => {
    const onProgress = (bytes: number): void => {
      // A body may be read on when its connection has broken: then nobody listens any more.
      if (own.aborted) return
      heard()
      onSent(bytes)
    }
    const way = { signal: own, onSent: onProgress }
    return Request
      ? byRequest(new Request(), slot, body, way)
      : byFetch(send ?? fetch, slot, body, way)
  })
}

/** Browsers tell pages no more than that: a missing permission looks like a broken cable. */
function unreachable(url: string): string {
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin
  const permission = origin ? `, or its CORS rules do not let ${origin} send files` : ''
  return `The object store at ${new URL(url).host} cannot be reached from here${permission}.`
}

/** As much of XMLHttpRequest as is used; Node has none. */
type Xhr = {
  upload: { onprogress: (event: { loaded: number }) => void }
  status: number
  responseText: string
  onload: () => void
  onerror: () => void
  onabort: () => void
  open: (method: string, url: string) => void
  setRequestHeader: (name: string, value: string) => void
  send: (body: Source) => void
  abort: () => void
}

function byRequest(xhr: Xhr, slot: PlainSlot, body: Source, way: Way): Promise<Answer> {
  return new Promise((resolve, reject) => {
    xhr.open(slot.method, slot.url)
    for (const [name, value] of Object.entries(slot.headers)) xhr.setRequestHeader(name, value)
    xhr.upload.onprogress = ({ loaded }) => way.onSent(loaded)
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText })
    xhr.onerror = xhr.onabort = reject
    way.signal.onabort = () => xhr.abort()
    xhr.send(body)
  })
}

async function byFetch(
  send: typeof fetch,
  { method, url, headers }: PlainSlot,
  body: Source,
  { signal, onSent }: Way,
): Promise<Answer> {
  const answer = await send(url, {
    method,
    signal,
    headers,
    body,
    ...(body.size > 0 &&
      isNode() && {
        // Without a length Node would send chunks, which no signature covers.
        headers: { ...headers, 'content-length': `${body.size}` },
        body: counted(body, onSent),
        duplex: 'half',
      }),
  } as RequestInit)
  return { status: answer.status, text: await answer.text() }
}

const isNode = (): boolean =>
  Boolean((globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node)

function counted(body: Source, onSent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let sent = 0
  return body.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, out) => {
        out.enqueue(chunk)
        onSent((sent += chunk.length))
      },
    }),
  )
}
