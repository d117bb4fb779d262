/** Bytes to send: of no known type, or a PNG with a tail; different for every name. */

import { createHash } from 'node:crypto'

/** A one-pixel PNG. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

export function bytesOf(content: 'noise' | 'png', size: number, name: string): Buffer {
  const noise = noiseOf(size, name)
  return content === 'png' ? Buffer.concat([PNG, noise]).subarray(0, size) : noise
}

// Every byte has its high bit: text, scripts and most magic numbers begin otherwise.
function noiseOf(size: number, name: string): Buffer {
  const blocks: Buffer[] = []
  for (let made = 0; made < size; made += 64) {
    blocks.push(createHash('sha512').update(`${name}/${made}`).digest())
  }
  const noise = Buffer.concat(blocks).subarray(0, size)
  for (let index = 0; index < size; index += 1) noise[index] = (noise[index] ?? 0) | 0x80
  return noise
}

export const sha256Of = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64')
