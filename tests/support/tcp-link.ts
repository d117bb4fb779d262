/** A link to a server that a test can cut, freeze, or cut at a chosen word of the client's. */

import { connect, createServer, type Socket } from 'node:net'

export type TcpLink = {
  port: number
  /** Nothing passes any more, and nobody is told. */
  freeze: () => void
  thaw: () => void
  /** The next message with this text reaches the server; its answer, and the link, are lost. */
  cutAfter: (text: string) => void
  close: () => Promise<void>
}

export async function startTcpLink(serverPort: number): Promise<TcpLink> {
  const sockets = new Set<Socket>()
  let frozen = false
  let fatal: string | null = null
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1')
    let deaf = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        // A message that is on its way still arrives; who sent it hears nothing.
        if (socket === upstream || !deaf) [client, upstream].forEach((end) => end.destroy())
      })
    }
    client.on('data', (chunk) => {
      if (frozen) return
      if (fatal !== null && chunk.includes(fatal)) {
        fatal = null
        deaf = true
        upstream.once('data', () => client.destroy())
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!frozen && !deaf) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cutAll = (): void => sockets.forEach((socket) => socket.destroy())
  return {
    port: (server.address() as { port: number }).port,
    freeze: () => {
      frozen = true
    },
    // What was swallowed would garble what follows, so those connections end.
    thaw: () => {
      frozen = false
      cutAll()
    },
    cutAfter: (text) => {
      fatal = text
    },
    close: async () => {
      cutAll()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
