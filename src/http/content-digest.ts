/** Content-Digest (RFC 9530): when a caller sends one, the body has to be the one it was made of. */

import { createHash } from 'node:crypto'
import { digestMismatch } from '../problems.ts'

const ALGORITHMS: Record<string, string> = { 'sha-256': 'sha256', 'sha-512': 'sha512' }
const MEMBER = /^\s*([a-z0-9*._-]+)=:([A-Za-z0-9+/=]*):\s*$/

/** Digests by algorithms that we do not know are passed over, as the RFC has it. */
export function assertDigest(header: string | undefined, body: Buffer): void {
  if (header === undefined) return
  for (const member of header.split(',')) {
    const [, name = '', expected] = MEMBER.exec(member) ?? []
    if (expected === undefined) throw digestMismatch('the Content-Digest header does not parse')
    const algorithm = ALGORITHMS[name]
    if (algorithm === undefined) continue
    const actual = createHash(algorithm).update(body).digest('base64')
    if (actual !== expected) throw digestMismatch(`the body's ${name} is ${actual}`)
  }
}
