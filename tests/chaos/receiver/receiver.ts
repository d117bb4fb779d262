/** A backend that receives webhooks and flaps; what it got and what it said to that goes to a log. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Received } from '../check/run.ts'
import type { Lines } from '../lines.ts'
import { KIND, type Manner } from './manners.ts'

export type Receiver = {
  /** Every connection is cut, and nobody listens until `comeBack`. */
  goAway: () => Promise<void>
  comeBack: () => Promise<void>
  /** From now on it answers everything with a success. */
  calmDown: () => void
  /** Deliveries that came, by what was made of them. */
  counts: Map<string, number>
  close: () => Promise<void>
}

type Taken = Omit<Received, 'ended' | 'status' | 'isWhole'>

export async function startReceiver(
  port: number,
  next: () => Manner,
  lines: Lines,
): Promise<Receiver> {
  const counts = new Map<string, number>()
  let draw = next
  const take = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await bodyOf(req)
    // The sender was cut off, so this was no delivery.
    if (body === null) return
    const manner = draw()
    const name = manner.kind === 'answer' ? String(manner.status) : manner.kind
    counts.set(name, (counts.get(name) ?? 0) + 1)
    noteEnd(toTaken(req, body), res, lines)
    act(manner, req, res)
  }
  let listening: Listening | null = await listenOn(port, (req, res) => void take(req, res))
  const goAway = async (): Promise<void> => {
    const present = listening
    listening = null
    await present?.close()
  }
  return {
    counts,
    goAway,
    comeBack: async () => {
      listening ??= await listenOn(port, (req, res) => void take(req, res))
    },
    calmDown: () => {
      draw = () => KIND
    },
    close: goAway,
  }
}

const toTaken = ({ url, headers }: IncomingMessage, body: string): Taken => ({
  at: Date.now(),
  path: url ?? '',
  id: String(headers['webhook-id']),
  timestamp: String(headers['webhook-timestamp']),
  signature: String(headers['webhook-signature']),
  body,
})

/** One line a delivery, once it is known how its answer ended. */
function noteEnd(taken: Taken, res: ServerResponse, lines: Lines): void {
  let isWhole = false
  res.once('finish', () => (isWhole = true))
  res.once('close', () => {
    const status = res.headersSent ? res.statusCode : null
    const line: Received = { ...taken, ended: Date.now(), status, isWhole }
    lines.write(line)
  })
}

function act(manner: Manner, req: IncomingMessage, res: ServerResponse): void {
  switch (manner.kind) {
    case 'answer':
      setTimeout(
        () => res.writeHead(manner.status, retryAfter(manner.status)).end(),
        manner.afterMs,
      )
      return
    case 'reset':
      req.socket.resetAndDestroy()
      return
    case 'half':
      res.writeHead(200, { 'content-length': '100' }).write('half of it')
      setTimeout(() => req.socket.resetAndDestroy(), 20)
      return
    case 'hang':
  }
}

const retryAfter = (status: number) => (status === 503 ? { 'retry-after': '2' } : {})

async function bodyOf(req: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of req) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString()
  } catch {
    return null
  }
}

type Listening = { close: () => Promise<void> }

async function listenOn(
  port: number,
  handle: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<Listening> {
  const server = createServer(handle)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return { close: () => closed(server, sockets) }
}

const closed = (server: Server, sockets: ReadonlySet<Socket>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.resetAndDestroy()
  })
