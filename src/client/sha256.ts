/**
 * SHA-256 of a file in one bounded pass. Web Crypto takes whole buffers only, and pages without TLS
 * do not have it at all.
 */

import type { Source } from './put.ts'

const CHUNK_BYTES = 4 * 1024 ** 2

/** @returns base64. Rejects with the signal's reason. */
export async function sha256Of(
  file: Source,
  { signal, onRead }: { signal: AbortSignal; onRead: (bytes: number) => void },
): Promise<string> {
  const hash = createSha256()
  for (let start = 0; start < file.size; start += CHUNK_BYTES) {
    signal.throwIfAborted()
    const end = Math.min(start + CHUNK_BYTES, file.size)
    hash.update(new Uint8Array(await file.slice(start, end).arrayBuffer()))
    onRead(end)
  }
  return btoa(String.fromCharCode(...hash.digest()))
}

const BLOCK_BYTES = 64
const PRIMES = Array.from({ length: 312 }, (_, number) => number).filter(
  (number) => number > 1 && !/^(..+?)\1+$/.test('.'.repeat(number)),
)
const fraction = (number: number): number => (number % 1) * 2 ** 32
const ROUNDS = Uint32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)))

/** FIPS 180-4. Every piece but the last has to be a multiple of 64 bytes. */
export function createSha256() {
  const state = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
  const words = new Uint32Array(BLOCK_BYTES)
  let rest = new Uint8Array(0)
  let total = 0

  const update = (bytes: Uint8Array): void => {
    const whole = bytes.length - (bytes.length % BLOCK_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, whole)
    for (let at = 0; at < whole; at += BLOCK_BYTES) compress(state, words, view, at)
    rest = bytes.slice(whole)
    total += bytes.length
  }
  const digest = (): Uint8Array => {
    const padded = new Uint8Array(rest.length < 56 ? BLOCK_BYTES : 2 * BLOCK_BYTES)
    padded.set(rest)
    padded[rest.length] = 0x80
    new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(8 * total))
    update(padded)
    // What is above the lowest byte of each falls away.
    return Uint8Array.from(
      { length: 32 },
      (_, index) => (state[index >> 2] as number) >> (24 - 8 * (index % 4)),
    )
  }
  return { update, digest }
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function compress(state: Uint32Array, w: Uint32Array, view: DataView, start: number): void {
  const at = (index: number): number => w[index] as number
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i += 1) {
    const [early, late] = [at(i - 15), at(i - 2)]
    w[i] =
      i < 16
        ? view.getUint32(start + 4 * i)
        : at(i - 16) +
          (turn(early, 7) ^ turn(early, 18) ^ (early >>> 3)) +
          at(i - 7) +
          (turn(late, 17) ^ turn(late, 19) ^ (late >>> 10))
    const first =
      h +
      (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +
      ((e & f) ^ (~e & g)) +
      (ROUNDS[i] as number) +
      at(i)
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach(
    (word, index) => (state[index] = (state[index] as number) + word),
  )
}
