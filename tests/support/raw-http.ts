/** Bytes to a server as they are, and all that comes back until the connection closes. */

import { connect } from 'node:net'

export type RawAnswer = { text: string; statuses: number[]; seconds: number }

/** @param url of the server. Whatever the server does not close is ended after `patienceMs`. */
export function sendRaw(url: string, bytes: string, patienceMs = 25_000): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.on('close', () => {
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code))
      resolve({ text, statuses, seconds: (performance.now() - startedAt) / 1000 })
    })
    socket.on('error', reject)
    socket.setTimeout(patienceMs, () => socket.destroy())
    socket.write(bytes, 'latin1')
  })
}
