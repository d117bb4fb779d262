/** URLs that carry a permission: local arithmetic, no network. */

import type { S3Client } from '@aws-sdk/client-s3'
import { credentialsExpiring } from '../problems.ts'
import type { BucketConfig, Location } from './config.ts'
import { createSignQuery } from './sign-query.ts'

/** A URL dies with the credentials that signed it, whatever X-Amz-Expires says. */
const CREDENTIAL_MARGIN_MS = 30_000
const SHORTEST_LIFE_MS = 60_000

export type Signed = { url: string; expiresAt: Date }

type ToPresign = {
  method: 'PUT' | 'GET'
  location: Location
  /** Each becomes a signed header that the client has to send with just this value. */
  headers: Record<string, string>
  query: Record<string, string>
  ttlSeconds: number
}

export type Presign = (request: ToPresign, now: Date) => Promise<Signed>

export function createPresign(config: BucketConfig, client: S3Client): Presign {
  const signQuery = createSignQuery(config.region)
  const endpoint = new URL(
    config.publicEndpoint ?? config.endpoint ?? `https://s3.${config.region}.amazonaws.com`,
  )

  return async ({ method, location, headers, query, ttlSeconds }, now) => {
    const credentials = await client.config.credentials()
    const expiresIn = affordable(credentials, ttlSeconds, now)
    const { host, path } = addressOf(endpoint, config.forcePathStyle, location)
    const toSign = { method, host, path, headers, query, expiresIn }
    const signed = signQuery(toSign, credentials, now)
    // SigV4 dates have whole seconds, so the life began at the start of this one.
    const signedAt = Math.floor(now.getTime() / 1000) * 1000
    const url = `${endpoint.protocol}//${host}${path}?${signed}`
    return { url, expiresAt: new Date(signedAt + expiresIn * 1000) }
  }
}

function affordable(
  { expiration }: { expiration?: Date | undefined },
  ttlSeconds: number,
  now: Date,
): number {
  if (!expiration) return ttlSeconds
  const leftMs = expiration.getTime() - now.getTime() - CREDENTIAL_MARGIN_MS
  if (leftMs < SHORTEST_LIFE_MS) throw credentialsExpiring()
  return Math.min(ttlSeconds, Math.floor(leftMs / 1000))
}

function addressOf(endpoint: URL, pathStyle: boolean, { bucket, key }: Location) {
  const base = endpoint.pathname.replace(/\/$/, '')
  return pathStyle
    ? { host: endpoint.host, path: `${base}/${bucket}/${key}` }
    : { host: `${bucket}.${endpoint.host}`, path: `${base}/${key}` }
}
