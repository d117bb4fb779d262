/** SigV4 query signing of a request we build ourselves: local arithmetic, no network. */

import type { S3Client } from '@aws-sdk/client-s3'
import { S3RequestPresigner } from '@aws-sdk/s3-request-presigner'
import { credentialsExpiring } from '../problems.ts'
import type { BucketConfig, Location } from './config.ts'

/** A URL dies with the credentials that signed it, whatever X-Amz-Expires says. */
const CREDENTIAL_MARGIN_MS = 30_000
const SHORTEST_LIFE_MS = 60_000

export type Signed = { url: string; expiresAt: Date }

type ToSign = {
  method: 'PUT' | 'GET'
  location: Location
  /** Each becomes a signed header that the client has to send with just this value. */
  headers: Record<string, string>
  query: Record<string, string>
  ttlSeconds: number
}

export type Presign = (request: ToSign, now: Date) => Promise<Signed>

export function createPresign(config: BucketConfig, client: S3Client): Presign {
  const { credentials, region, sha256 } = client.config
  const presigner = new S3RequestPresigner({ credentials, region, sha256 })
  const endpoint = new URL(
    config.publicEndpoint ?? config.endpoint ?? `https://s3.${config.region}.amazonaws.com`,
  )

  return async ({ method, location, headers, query, ttlSeconds }, now) => {
    const promised = new Set(Object.keys(headers))
    const expiresIn = await affordable(client, ttlSeconds, now)
    const address = addressOf(endpoint, config.forcePathStyle, location)
    const request = { ...address, method, query, headers: { ...headers } }
    const signed = await presigner.presign(request, {
      expiresIn,
      signingDate: now,
      // content-type is signed only when named here, and checksums move to the query unless
      // named there: in the query no store enforces them.
      signableHeaders: new Set(['host', ...promised]),
      unhoistableHeaders: promised,
    })
    // SigV4 dates have whole seconds, so the life began at the start of this one.
    const signedAt = Math.floor(now.getTime() / 1000) * 1000
    return { url: toUrl(signed), expiresAt: new Date(signedAt + expiresIn * 1000) }
  }
}

async function affordable(client: S3Client, ttlSeconds: number, now: Date): Promise<number> {
  const { expiration } = await client.config.credentials()
  if (!expiration) return ttlSeconds
  const leftMs = expiration.getTime() - now.getTime() - CREDENTIAL_MARGIN_MS
  if (leftMs < SHORTEST_LIFE_MS) throw credentialsExpiring()
  return Math.min(ttlSeconds, Math.floor(leftMs / 1000))
}

type Address = { protocol: string; hostname: string; port?: number; path: string }

function addressOf(endpoint: URL, pathStyle: boolean, { bucket, key }: Location): Address {
  const base = endpoint.pathname.replace(/\/$/, '')
  return {
    protocol: endpoint.protocol,
    hostname: pathStyle ? endpoint.hostname : `${bucket}.${endpoint.hostname}`,
    ...(endpoint.port !== '' && { port: Number(endpoint.port) }),
    path: pathStyle ? `${base}/${bucket}/${key}` : `${base}/${key}`,
  }
}

type SignedRequest = Omit<Address, 'port'> & {
  port?: number | undefined
  query?: Record<string, string | string[] | null> | undefined
}

function toUrl({ protocol, hostname, port, path, query = {} }: SignedRequest): string {
  const pairs = Object.entries(query).map(([name, value]) => `${escape(name)}=${escape(value)}`)
  const host = port === undefined ? hostname : `${hostname}:${port}`
  return `${protocol}//${host}${path}?${pairs.join('&')}`
}

// SigV4 escapes more than encodeURIComponent does (RFC 3986, unreserved only).
const escape = (value: string | string[] | null): string =>
  encodeURIComponent(String(value)).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
