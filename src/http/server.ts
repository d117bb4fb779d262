/** The HTTP server: Node's own limits, set to what an API needs and a slow attacker dislikes. */

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { MessageClasses } from './born-ready.ts'

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  // Often, so that slow ones are cut off a few at a time and not a thousand at once.
  connectionsCheckingInterval: 250,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
}

// Some senders open a connection for every event. Past a full backlog the kernel drops their SYNs
// and everybody else's; the system's own limit (net.core.somaxconn) still holds.
const BACKLOG = 4_096

const IDLE_CHECK_MS = 100

export type ListenConfig = {
  host: string
  port: number
  /** How long a node that stops goes on answering, so that balancers see it leave. */
  drainSeconds: number
}

export type Listening = {
  /** Where it really listens, also when port 0 was asked for. */
  url: string
  /** Tells every client to go elsewhere, stops accepting, lets requests in flight end, and resolves. */
  close: () => Promise<void>
}

export async function listen(
  listener: RequestListener,
  classes: MessageClasses,
  { host, port, drainSeconds }: ListenConfig,
): Promise<Listening> {
  const server = createServer({ ...LIMITS, ...classes })
  const farewell = sayFarewell(server)
  server.on('request', listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: BACKLOG }, resolve)
  })
  // From now on an error is a connection that could not be accepted (EMFILE): that client's loss,
  // and without a listener it would end the process.
  server.on('error', () => undefined)
  const address = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${shown}:${address.port}`,
    close: () => leave(server, farewell, drainSeconds),
  }
}

/**
 * By connection, in an entry that stays: a Set to which every answer is added and from which it is
 * deleted is copied again and again, and V8's dead copies hold each other's answers until the next
 * full collection.
 *
 * @returns what to call when the node stops: every answer from then on ends its connection.
 */
function sayFarewell(server: Server): () => void {
  const inFlight = new Map<Socket, ServerResponse | null>()
  let leaving = false
  server.on('connection', (socket: Socket) => {
    inFlight.set(socket, null)
    socket.once('close', () => inFlight.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage, res: ServerResponse) => {
    if (leaving) res.shouldKeepAlive = false
    inFlight.set(socket, res)
    res.on('close', () => {
      if (inFlight.get(socket) === res) inFlight.set(socket, null)
    })
  })
  return () => {
    leaving = true
    for (const res of inFlight.values()) if (res) res.shouldKeepAlive = false
  }
}

/**
 * A connection that is closed while its client sends the next request resets it. So clients are
 * first told with their next answer, over some seconds in which all are still served.
 */
async function leave(server: Server, farewell: () => void, drainSeconds: number): Promise<void> {
  farewell()
  await new Promise((resolve) => setTimeout(resolve, drainSeconds * 1000))
  await close(server)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    // A connection that is busy now is idle a moment later, and would be kept for its next request.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
    server.close((error) => {
      clearInterval(idle)
      if (error) reject(error)
      else resolve()
    })
    server.closeIdleConnections()
  })
}
