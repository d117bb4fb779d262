/** One streaming pass over a sealed copy: length, SHA-256 and type, in bounded memory. */

import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { storageUnavailable } from '../problems.ts'
import type { Inspected } from '../upload/verdict.ts'
import { detectType } from './detect-type.ts'

/** The type detector never sees more: what it would have to unpack stays packed. */
const HEAD_BYTES = 4096

/**
 * @param contentLength bytes the store announced; a stream that ends elsewhere is a fault of the
 *   transfer and never a verdict.
 */
export async function inspect(
  body: Readable,
  contentLength: number,
  signal: AbortSignal,
): Promise<Inspected> {
  const { size, sha256, head } = await digest(body, signal)
  if (size !== contentLength) {
    throw storageUnavailable(new Error(`the stream ended after ${size} of ${contentLength} bytes`))
  }
  const detectedType = await detectType(head, size === head.length)
  return { size, sha256, detectedType, scan: 'off' }
}

async function digest(body: Readable, signal: AbortSignal) {
  const hash = createHash('sha256')
  const first: Buffer[] = []
  let size = 0
  const read = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      if (size < HEAD_BYTES) first.push(chunk.subarray(0, HEAD_BYTES - size))
      size += chunk.length
      hash.update(chunk)
    }
  }
  try {
    await pipeline(body, read, { signal })
  } catch (error) {
    throw storageUnavailable(error)
  }
  return { size, sha256: hash.digest('base64'), head: Buffer.concat(first) }
}
