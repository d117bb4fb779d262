/** Lines to stdout no faster than the reader takes them, so that a long output needs no memory. */

import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export async function printLines(lines: AsyncIterable<string>, to: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(ended(lines)), to, { end: false })
  } catch (error) {
    // The reader, perhaps `head`, has seen enough.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}
