/** Which addresses a tenant may have Berth call: HTTPS, out in the internet, and nothing else. */

import { isIP } from 'node:net'
import { webhookUrlNotAllowed } from '../problems.ts'
import { isPublicAddress } from './addresses.ts'

const LONGEST_URL = 2_048

const PORTS = ['', '443', '8443']

/** Names that mean something inside a network, or nothing anywhere. */
const INNER_NAMES =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|lan|corp|home|home\.arpa|test|example|invalid|onion)$/

/**
 * The URL as it will be called: normalised, without fragment. Throws `webhook-url-not-allowed`.
 * Names are looked up, and what they mean is judged, when they are called.
 */
export function assertEndpointUrl(text: string, rules: { allowPrivate: boolean }): string {
  const url = parse(text)
  url.hash = ''
  const refusal = refusalOf(url, rules.allowPrivate)
  if (refusal !== null) throw webhookUrlNotAllowed(refusal)
  return url.href
}

function parse(text: string): URL {
  if (text.length > LONGEST_URL) {
    throw webhookUrlNotAllowed(`the URL has ${text.length} characters`)
  }
  try {
    return new URL(text)
  } catch {
    throw webhookUrlNotAllowed('the URL does not parse')
  }
}

/** Null: it may be called. The URL itself is not repeated, as it may hold a secret. */
function refusalOf(url: URL, allowPrivate: boolean): string | null {
  const isHttp = url.protocol === 'http:' && allowPrivate
  if (url.protocol !== 'https:' && !isHttp) return `the scheme is ${url.protocol}`
  if (url.username !== '' || url.password !== '') return 'the URL carries user information'
  if (url.hostname === '') return 'the URL names no host'
  if (allowPrivate) return null
  if (!PORTS.includes(url.port)) return `the port is ${url.port}`
  return isInner(url.hostname) ? 'the host is not a public one' : null
}

/** `new URL` has already turned every spelling of an IPv4 address into the usual one. */
function isInner(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
  if (isIP(host) !== 0) return !isPublicAddress(host)
  return !host.includes('.') || INNER_NAMES.test(host)
}
