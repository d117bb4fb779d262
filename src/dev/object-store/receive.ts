/** A request body -> a blob with its digests; a body that breaks off leaves nothing behind. */

import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { blobPath, dropBlob, type Disk } from './disk.ts'

/** Received whole, but nobody's object yet. */
export type Received = { blob: string; size: number; etag: string; sha256: string }

export async function receive(disk: Disk, body: Readable): Promise<Received> {
  const blob = randomUUID()
  const [md5, sha256] = [createHash('md5'), createHash('sha256')]
  let size = 0
  const measure = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length
      md5.update(chunk)
      sha256.update(chunk)
      yield chunk
    }
  }
  try {
    await pipeline(body, measure, createWriteStream(blobPath(disk, blob)))
  } catch (error) {
    dropBlob(disk, blob)
    throw error
  }
  return { blob, size, etag: `"${md5.digest('hex')}"`, sha256: sha256.digest('base64') }
}
