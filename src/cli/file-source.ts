/** A file on disk in the shape of a browser's File: read where and when it is needed, never whole. */

import { createReadStream, type Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Source } from '../client/index.ts'

type OnDisk = {
  path: string
  stats: Stats
  /** Told why it cannot be read any more: on the wire that looks like a broken connection. */
  onBroken: (error: unknown) => void
}

/** Rejects when there is no such file. @param contentType of the file, as it is declared. */
export async function fileSource(
  path: string,
  contentType: string,
  onBroken: OnDisk['onBroken'],
): Promise<Source> {
  const stats = await stat(path)
  if (!stats.isFile()) throw new Error(`${path} is not a file`)
  const { size, mtimeMs } = stats
  const whole = piece({ path, stats, onBroken }, { start: 0, end: size })
  return { ...whole, name: basename(path), type: contentType, lastModified: Math.floor(mtimeMs) }
}

type Span = { start: number; end: number }

function piece(file: OnDisk, { start, end }: Span): Source {
  const read = () => bytesOf(file, { start, end })
  return {
    size: end - start,
    slice: (from, to) => piece(file, { start: start + from, end: Math.min(start + to, end) }),
    stream: () => Readable.toWeb(Readable.from(read())) as ReadableStream<Uint8Array>,
    arrayBuffer: async () => {
      const bytes = await buffer(read())
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    },
  }
}

async function* bytesOf(
  { path, stats, onBroken }: OnDisk,
  { start, end }: Span,
): AsyncGenerator<Uint8Array> {
  try {
    // Half of one version and half of another is no file at all.
    const { size, mtimeMs } = await stat(path)
    if (size !== stats.size || mtimeMs !== stats.mtimeMs) throw new Error(`${path} has changed`)
    // `end` is inclusive there, and an empty span cannot be said.
    if (end > start) yield* createReadStream(path, { start, end: end - 1 })
  } catch (error) {
    onBroken(error)
    throw error
  }
}
