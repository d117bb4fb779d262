/** PUTs that break a promise: node:http, as fetch lets nobody choose framing or leave headers out. */

import { request } from 'node:http'
import type { Slot } from '../../src/bucket/slots.ts'

type Headers = Record<string, string | undefined>

/** @param change `undefined` leaves a header out. @returns the store's status. */
export function send(
  slot: Omit<Slot, 'expiresAt'> | null,
  body: Buffer,
  change: Headers = {},
): Promise<number> {
  if (!slot) throw new Error('the upload is sent in parts')
  const headers: Headers = { ...slot.headers, 'content-length': String(body.length), ...change }
  if (headers['transfer-encoding'] !== undefined) delete headers['content-length']
  const given = Object.entries(headers).filter(([, value]) => value !== undefined)
  return new Promise((resolve, reject) => {
    const outgoing = request(slot.url, {
      method: 'PUT',
      headers: Object.fromEntries(given),
      agent: false,
    })
    let answered = false
    outgoing.on('response', (answer) => {
      answered = true
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.on('error', (error) => {
      // A store may close the connection on a body that it refuses.
      if (!answered) reject(error)
    })
    outgoing.end(body)
  })
}

export function breakOff(slot: Slot, body: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(slot.url, {
      method: 'PUT',
      headers: { ...slot.headers, 'content-length': String(body.length) },
      agent: false,
    })
    outgoing.on('error', () => resolve())
    outgoing.on('close', () => resolve())
    outgoing.write(body.subarray(0, 10), () => outgoing.destroy())
  })
}
