/** What a stranger would try first, and where nobody from outside gets to. */

import { isIP } from 'node:net'

/** Secrets of handbooks and quick starts, in lower case. */
const USUAL = new Set([
  'minioadmin',
  'minio123',
  'password',
  'changeme',
  'change-me',
  'secret',
  'test',
  'admin',
  'supersecret',
])

const FEWEST_SYMBOLS = 6

/** A usual secret, one that was never filled in, or one made of very few symbols. */
export function isWorthGuessing(secret: string): boolean {
  const lower = secret.toLowerCase()
  return (
    USUAL.has(lower) ||
    /change.?me|replace.?me|example|your.?(secret|token|key)/.test(lower) ||
    new Set(lower).size < FEWEST_SYMBOLS
  )
}

const PRIVATE_V4 = /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|0\.)/

/** Loopback, private networks, and names that only a container network or a house knows. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (isIP(host) === 4) return PRIVATE_V4.test(host)
  if (isIP(host) === 6) return host === '::1' || /^(f[cd]|fe[89ab])/.test(host)
  return !host.includes('.') || /\.(local|internal|localhost|lan|home\.arpa)$/.test(host)
}
