/** SigV4 (query and header form): recomputed from the request, and compared. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SignatureV4 } from '@smithy/signature-v4'
import { S3Error, type Account, type ObjectStoreOptions, type Protections } from './types.ts'

class Sha256 {
  readonly #hash: { update: (data: Uint8Array) => unknown; digest: () => Uint8Array }

  constructor(secret?: unknown) {
    this.#hash =
      secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array)
  }
  update(data: unknown): void {
    this.#hash.update(data as Uint8Array)
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {
    throw new Error('one digest per hash')
  }
}

type Claims = {
  accessKeyId: string
  region: string
  signedHeaders: string[]
  signature: string
  date: string
  /** Seconds; null in the header form. */
  expires: number | null
}

const ACCESS_DENIED = () => new S3Error(403, 'AccessDenied', 'Access Denied.')
const MISMATCH = () =>
  new S3Error(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
  )

/** Throws an S3Error, or says who is asking. */
export async function verifySignature(
  req: IncomingMessage,
  url: URL,
  options: ObjectStoreOptions,
  protections: Protections,
): Promise<Account> {
  const claims = claimsOf(req, url)
  const account = options.accounts.find(({ accessKeyId }) => accessKeyId === claims.accessKeyId)
  if (!account) throw new S3Error(403, 'InvalidAccessKeyId', 'The access key id does not exist.')
  if (protections.expiry) assertFresh(claims, (options.now ?? (() => new Date()))())
  if (!protections.signature) return account

  if (claims.region !== options.region) {
    throw new S3Error(400, 'AuthorizationQueryParametersError', `expecting ${options.region}`)
  }
  assertNothingSmuggled(req, claims)
  const expected = await recompute(req, url, claims, account)
  if (!isSame(expected, claims.signature)) throw MISMATCH()
  return account
}

function claimsOf(req: IncomingMessage, url: URL): Claims {
  const query = url.searchParams
  if (query.has('X-Amz-Signature')) {
    const [accessKeyId = '', , region = ''] = (query.get('X-Amz-Credential') ?? '').split('/')
    return {
      accessKeyId,
      region,
      signedHeaders: (query.get('X-Amz-SignedHeaders') ?? '').split(';'),
      signature: query.get('X-Amz-Signature') ?? '',
      date: query.get('X-Amz-Date') ?? '',
      expires: Number(query.get('X-Amz-Expires')),
    }
  }
  const [, credential, signed, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]+)$/.exec(
      req.headers.authorization ?? '',
    ) ?? []
  if (credential === undefined || signed === undefined || signature === undefined) {
    throw ACCESS_DENIED()
  }
  const [accessKeyId = '', , region = ''] = credential.split('/')
  const date = String(req.headers['x-amz-date'] ?? '')
  return { accessKeyId, region, signedHeaders: signed.split(';'), signature, date, expires: null }
}

const SKEW_MS = 15 * 60 * 1000

/** Presigned URLs are judged by the store's clock; calls of an SDK, which has its own, by the real one. */
function assertFresh({ date, expires }: Claims, now: Date): void {
  const signedAt = parseDate(date).getTime()
  if (expires === null) {
    if (Math.abs(Date.now() - signedAt) <= SKEW_MS) return
    throw new S3Error(403, 'RequestTimeTooSkewed', 'The clocks differ too much.')
  }
  if (signedAt > now.getTime() + SKEW_MS || now.getTime() > signedAt + expires * 1000) {
    throw new S3Error(403, 'AccessDenied', 'Request has expired')
  }
}

/** An x-amz header that was not signed would change what the signer permitted. */
function assertNothingSmuggled(req: IncomingMessage, { signedHeaders, expires }: Claims): void {
  if (expires === null) return
  // Real stores let tags through; the claim has to drop them, so this one does too.
  const smuggled = Object.keys(req.headers).filter(
    (name) =>
      name.startsWith('x-amz-') && name !== 'x-amz-tagging' && !signedHeaders.includes(name),
  )
  if (smuggled.length > 0) {
    throw new S3Error(403, 'AccessDenied', 'There were headers present which were not signed')
  }
}

async function recompute(
  req: IncomingMessage,
  url: URL,
  claims: Claims,
  { accessKeyId, secretAccessKey }: Account,
): Promise<string> {
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey },
    region: claims.region,
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  })
  const signed = new Set(claims.signedHeaders)
  const request = {
    method: req.method ?? '',
    protocol: 'http:',
    hostname: url.hostname,
    path: url.pathname,
    query: queryOf(url, claims),
    headers: headersOf(req, url, signed),
  }
  const options = { signingDate: parseDate(claims.date), signableHeaders: signed }
  if (claims.expires === null) {
    const { headers } = await signer.sign(request, options)
    return /Signature=([0-9a-f]+)/.exec(headers['authorization'] ?? '')?.[1] ?? ''
  }
  const { query = {} } = await signer.presign(request, {
    ...options,
    expiresIn: claims.expires,
    unhoistableHeaders: signed,
  })
  return String(query['X-Amz-Signature'])
}

// The signer adds these itself.
const OWN = /^X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Content-Sha256)$/

const queryOf = (url: URL, { expires }: Claims): Record<string, string> =>
  Object.fromEntries([...url.searchParams].filter(([name]) => expires === null || !OWN.test(name)))

function headersOf(req: IncomingMessage, url: URL, signed: Set<string>): Record<string, string> {
  const headers = Object.entries(req.headers)
    .filter(([name]) => signed.has(name))
    .map(([name, value]): [string, string] => [name, String(value)])
  const payload = url.searchParams.get('X-Amz-Content-Sha256')
  return {
    ...Object.fromEntries(headers),
    ...(payload !== null && { 'X-Amz-Content-Sha256': payload }),
  }
}

function parseDate(date: string): Date {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  if (s === undefined) throw ACCESS_DENIED()
  return new Date(Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s)))
}

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
