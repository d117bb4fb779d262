/** Thousands of readers of live status who hear nothing, as cheap as they can be here. */

import { connect, type Socket } from 'node:net'
import { inTurns } from '../support/embedded.ts'

export type IdleStreams = {
  /** Answers that were not 200, and connections that ended. */
  lost: () => number
  /** Comments heard so far, over all streams. */
  beats: () => number
  close: () => void
}

type Ask = { url: string; keys: readonly string[]; ids: readonly string[] }

const WIDTH = 64

/** One stream for each id; the keys take turns. Resolves when every one has heard its first event. */
export async function openStreams({ url, keys, ids }: Ask): Promise<IdleStreams> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  let lost = 0
  let beats = 0
  let isOpen = true

  const open = (id: string, key: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      sockets.push(socket)
      let head = ''
      socket.on('data', (chunk: Buffer) => {
        const text = chunk.toString('latin1')
        if (head.includes('\nevent: ')) {
          if (/(^|\n):\n/.test(text)) beats += 1
          return
        }
        head += text
        if (!head.startsWith('HTTP/1.1 200')) reject(new Error(head))
        if (head.includes('\nevent: ')) resolve()
      })
      socket.on('close', () => {
        if (isOpen) lost += 1
        reject(new Error('the connection ended'))
      })
      socket.on('error', reject)
      socket.write(
        `GET /v1/uploads/${id}/events HTTP/1.1\r\nhost: berth\r\nauthorization: Bearer ${key}\r\n\r\n`,
      )
    })
  await inTurns(ids.entries(), WIDTH, ([nth, id]) => open(id, keys[nth % keys.length] ?? ''))
  return {
    lost: () => lost,
    beats: () => beats,
    close: () => {
      isOpen = false
      for (const socket of sockets) socket.destroy()
    },
  }
}
