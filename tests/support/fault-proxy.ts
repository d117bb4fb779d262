/** An HTTP proxy before an object store that can be told to fail in the ways that stores fail. */

import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Seen = { method: string; isCopy: boolean; key: string }

/** What becomes of one call; `pass` as it is. */
export type Fault =
  | { kind: 'pass' }
  /** The connection breaks before anything is answered. */
  | { kind: 'drop' }
  /** It arrives and is done, and then the connection breaks. */
  | { kind: 'mute' }
  /** Nothing happens until the client gives up. */
  | { kind: 'hold' }
  | { kind: 'delay'; ms: number }
  | { kind: 'answer'; status: number; body: string }
  /** The store's answer, but only so much of its body, and then a broken connection. */
  | { kind: 'reset'; after: number }
  /** The same, ended properly: as many bytes as were promised never come. */
  | { kind: 'truncate'; after: number }
  /** One bit of the body is another. */
  | { kind: 'flip'; dropChecksum: boolean }
  /** The answer's clock is off by so much. */
  | { kind: 'date'; offsetMs: number }

export type FaultProxy = {
  url: string
  /** Decides about every call; may be changed at any time. */
  decide: (seen: Seen) => Fault
  seen: Seen[]
  close: () => Promise<void>
}

export const s3Error = (status: number, code: string): Fault => ({
  kind: 'answer',
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
})

export const PASS: Fault = { kind: 'pass' }

/** @param target asked anew for each call, as the store may move. */
export async function startFaultProxy(target: () => string, port = 0): Promise<FaultProxy> {
  const proxy: FaultProxy = {
    url: '',
    decide: () => PASS,
    seen: [],
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  const server = createServer((req, res) => {
    const seen = seenOf(req)
    proxy.seen.push(seen)
    const fault = proxy.decide(seen)
    if (fault.kind === 'drop') return void req.socket.destroy()
    if (fault.kind === 'hold') return
    if (fault.kind === 'answer') {
      answer(req, res, fault)
      return
    }
    const wait = fault.kind === 'delay' ? fault.ms : 0
    setTimeout(() => forward(target(), { req, res }, fault), wait)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

function seenOf({ method = '', url = '', headers }: IncomingMessage): Seen {
  const key = decodeURIComponent(
    new URL(url, 'http://store').pathname.split('/').slice(2).join('/'),
  )
  return { method, isCopy: headers['x-amz-copy-source'] !== undefined, key }
}

function answer(
  req: IncomingMessage,
  res: ServerResponse,
  { status, body }: Extract<Fault, { kind: 'answer' }>,
): void {
  req.resume()
  res.writeHead(status, { 'content-type': 'application/xml' })
  res.end(req.method === 'HEAD' ? undefined : body)
}

type Exchange = { req: IncomingMessage; res: ServerResponse }

function forward(target: string, { req, res }: Exchange, fault: Fault): void {
  // The Host header stays the proxy's, as it is part of what was signed.
  const { method, headers, url } = req
  const upstream = request(`${target}${url ?? ''}`, { method, headers }, (from) => {
    if (fault.kind === 'mute') return void from.resume().on('end', () => res.destroy())
    res.writeHead(from.statusCode ?? 502, headersOf(from, fault))
    let sent = 0
    from.on('data', (chunk: Buffer) => {
      const [part, isOver] = spoil(chunk, sent, fault)
      sent += part.length
      res.write(part)
      if (isOver) breakOff(res, fault)
    })
    from.on('end', () => res.end())
    from.on('error', () => res.destroy())
  })
  upstream.on('error', () => res.destroy())
  res.on('close', () => upstream.destroy())
  req.pipe(upstream)
}

function headersOf(from: IncomingMessage, fault: Fault): NodeJS.Dict<string | string[]> {
  const headers = { ...from.headers }
  if (fault.kind === 'flip' && fault.dropChecksum) delete headers['x-amz-checksum-sha256']
  if (fault.kind === 'date') headers.date = new Date(Date.now() + fault.offsetMs).toUTCString()
  return headers
}

function spoil(chunk: Buffer, sent: number, fault: Fault): [part: Buffer, isOver: boolean] {
  if (fault.kind === 'reset' || fault.kind === 'truncate') {
    const part = chunk.subarray(0, Math.max(0, fault.after - sent))
    return [part, part.length < chunk.length]
  }
  if (fault.kind !== 'flip' || sent > 0) return [chunk, false]
  const flipped = Buffer.from(chunk)
  flipped[0] = (flipped[0] ?? 0) ^ 1
  return [flipped, false]
}

function breakOff(res: ServerResponse, { kind }: Fault): void {
  if (kind === 'reset') res.socket?.resetAndDestroy()
  else res.socket?.end()
}
