/** The HTTP server: Node's own limits, set to what an API needs and a slow attacker dislikes. */

import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
}

// Some senders open a connection for every event. Past a full backlog the kernel drops their SYNs
// and everybody else's; the system's own limit (net.core.somaxconn) still holds.
const BACKLOG = 4_096

const IDLE_CHECK_MS = 100

export type Listening = {
  /** Where it really listens, also when port 0 was asked for. */
  url: string
  /** Stops accepting, lets requests in flight end, and resolves. */
  close: () => Promise<void>
}

export async function listen(
  listener: RequestListener,
  host: string,
  port: number,
): Promise<Listening> {
  const server = createServer(LIMITS, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host, backlog: BACKLOG }, resolve)
  })
  const address = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return { url: `http://${shown}:${address.port}`, close: () => close(server) }
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
