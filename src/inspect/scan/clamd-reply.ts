/** What clamd says about a stream. Only an exact "stream: OK" is clean. */

import { scannerUnavailable } from '../../problems.ts'
import type { ScanVerdict } from './scanner.ts'

/** @param reply everything that came until clamd closed the connection. */
export function readReply(reply: Buffer): ScanVerdict {
  const text = reply.toString('latin1')
  if (text === 'stream: OK\0') return { outcome: 'clean' }
  const [, signature] = /^stream: ([\x21-\x7e]{1,200}) FOUND\0$/.exec(text) ?? []
  if (signature !== undefined) return fromSignature(signature)
  if (/^INSTREAM size limit exceeded\. ERROR\0$/.test(text)) {
    return { outcome: 'unscannable', reason: 'larger than the scanner takes' }
  }
  // Broken off, two answers in one, an internal error: nobody has judged these bytes.
  throw scannerUnavailable(new Error('clamd gave no usable answer'))
}

// With AlertExceedsMax and AlertEncrypted clamd reports what it could not look into as if found.
const COULD_NOT_LOOK = /^Heuristics\.(Limits\.Exceeded|Encrypted)\b/

const fromSignature = (signature: string): ScanVerdict =>
  COULD_NOT_LOOK.test(signature)
    ? { outcome: 'unscannable', reason: signature }
    : { outcome: 'infected', signature }
