/** Signature Version 4 in the query of a URL, with an unsigned payload (Amazon S3, "Authenticating Requests: Using Query Parameters"). */

import { createHmac, hash } from 'node:crypto'

type Credentials = {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

type ToSign = {
  method: 'PUT' | 'GET'
  /** With the port, where it is not the scheme's own. */
  host: string
  /** As it is sent. */
  path: string
  /** Lower-case names; each has to be sent with just this value. */
  headers: Record<string, string>
  /** Names that begin with a lower-case letter: they sort after SigV4's own. */
  query: Record<string, string>
  /** Seconds. */
  expiresIn: number
}

/** @returns the whole query, the signature at its end. */
export type SignQuery = (request: ToSign, credentials: Credentials, at: Date) => string

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** What is the same for a whole day is prepared once: a key takes four hashes, and a signature one. */
export function createSignQuery(region: string): SignQuery {
  let today: Day | null = null
  return (request, credentials, at) => {
    const time = basicTime(at)
    if (!today?.isFor(time, credentials)) today = startDay(time, region, credentials)
    const names = ['host', ...Object.keys(request.headers)].sort()
    const query = [
      today.query,
      `X-Amz-Date=${time}`,
      `X-Amz-Expires=${request.expiresIn}`,
      ...tokenOf(credentials),
      `X-Amz-SignedHeaders=${names.join('%3B')}`,
      ...Object.entries(request.query).map(escapePair).sort(),
    ].join('&')
    const canonical = hash('sha256', canonicalRequest(request, query, names), 'hex')
    const toSign = `${ALGORITHM}\n${time}\n${today.scope}\n${canonical}`
    return `${query}&X-Amz-Signature=${hmac(today.key, toSign).toString('hex')}`
  }
}

type Day = {
  /** What the signature is good for, besides the request itself. */
  scope: string
  key: Buffer
  /** How every query begins. */
  query: string
  isFor: (time: string, credentials: Credentials) => boolean
}

function startDay(time: string, region: string, credentials: Credentials): Day {
  const { accessKeyId, secretAccessKey } = credentials
  const date = time.slice(0, 8)
  const parts = [date, region, 's3', 'aws4_request']
  const scope = parts.join('/')
  const constant = {
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
  }
  return {
    scope,
    key: parts.reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`)),
    query: Object.entries(constant).map(escapePair).join('&'),
    isFor: (other, { secretAccessKey: secret, accessKeyId: id }) =>
      other.startsWith(date) && secret === secretAccessKey && id === accessKeyId,
  }
}

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** 20260102T030405Z */
const basicTime = (at: Date): string => `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

const tokenOf = ({ sessionToken }: Credentials): string[] =>
  !sessionToken ? [] : [escapePair(['X-Amz-Security-Token', sessionToken])]

const canonicalRequest = (
  { method, host, path, headers }: ToSign,
  query: string,
  names: readonly string[],
): string => {
  const lines = names.map((name) => `${name}:${name === 'host' ? host : headers[name]}\n`)
  return `${method}\n${path}\n${query}\n${lines.join('')}\n${names.join(';')}\nUNSIGNED-PAYLOAD`
}

const escapePair = ([name, value]: [string, string]): string => `${name}=${escapeAll(value)}`

// SigV4 escapes more than encodeURIComponent does (RFC 3986, unreserved only).
const escapeAll = (value: string): string =>
  encodeURIComponent(value).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
