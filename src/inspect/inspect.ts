/** One streaming pass over a sealed copy: length, SHA-256, type and malware, in bounded memory. */

import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { linkedTo } from '../linked-signal.ts'
import { Problem, storageUnavailable } from '../problems.ts'
import type { Inspected, Scan } from '../upload/verdict.ts'
import { detectType } from './detect-type.ts'
import type { Detect } from './detector.ts'
import type { Scanner, Scanning } from './scan/scanner.ts'

/** The type detector never sees more: what it would have to unpack stays packed. */
const HEAD_BYTES = 4096

export type InspectDeps = {
  detect: Detect
  /** Null: none is configured. */
  scanner: Pick<Scanner, 'begin'> | null
  /** How long the store may send nothing before the attempt is given up. */
  idleMs: number
}

export type Pass = {
  body: Readable
  /** Bytes the store announced; a stream that ends elsewhere is a fault of the transfer, no verdict. */
  contentLength: number
  /** Whether the profile asks for a scan. */
  scan: boolean
  signal: AbortSignal
}

export async function inspect(deps: InspectDeps, pass: Pass): Promise<Inspected> {
  const { detect, scanner } = deps
  const scanning = pass.scan && scanner ? await beginScan(scanner, pass.body) : null
  try {
    const { size, sha256, head } = await readOnce(pass, scanning, deps.idleMs)
    const scan: Scan = scanning ? await scanning.end() : { outcome: 'off' }
    const detectedType = await detectType({ bytes: head, isWhole: size === head.length }, detect)
    return { size, sha256, detectedType, scan }
  } finally {
    scanning?.abandon()
  }
}

async function beginScan(scanner: Pick<Scanner, 'begin'>, body: Readable): Promise<Scanning> {
  try {
    return await scanner.begin()
  } catch (error) {
    body.destroy()
    throw error
  }
}

async function readOnce(
  { body, contentLength, signal }: Pass,
  scanning: Scanning | null,
  idleMs: number,
) {
  const watch = watchFor(idleMs, signal)
  const hash = createHash('sha256')
  const first: Buffer[] = []
  let size = 0
  const read = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      watch.came()
      if (size < HEAD_BYTES) first.push(chunk.subarray(0, HEAD_BYTES - size))
      size += chunk.length
      hash.update(chunk)
      if (scanning) await scanning.write(chunk)
      watch.wait()
    }
  }
  try {
    await pipeline(body, read, { signal: watch.signal })
  } catch (error) {
    throw error instanceof Problem ? error : storageUnavailable(error)
  } finally {
    watch.end()
  }
  if (size !== contentLength) {
    throw storageUnavailable(new Error(`the stream ended after ${size} of ${contentLength} bytes`))
  }
  return { size, sha256: hash.digest('base64'), head: Buffer.concat(first) }
}

/**
 * A half-open connection never ends by itself, and the lease would be renewed for ever. One timer for
 * the whole stream, as a gigabyte has some ten thousand chunks.
 */
function watchFor(idleMs: number, outer: AbortSignal) {
  const { signal, abort, release } = linkedTo(outer)
  let isWaiting = true
  const timer = setTimeout(() => {
    if (isWaiting) abort()
    else timer.refresh()
  }, idleMs)
  return {
    /** Something has come: from now on it is we who take time. */
    came: () => void (isWaiting = false),
    wait: () => {
      isWaiting = true
      timer.refresh()
    },
    end: () => {
      clearTimeout(timer)
      release()
    },
    /** Aborts when nothing comes, or with the outer one. */
    signal,
  }
}
