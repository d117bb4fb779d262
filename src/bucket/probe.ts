/** What a bucket really enforces: each promise of a slot is broken on purpose, and the answer noted. */

import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createHash } from 'node:crypto'
import type { Enforcer, Guarantees } from '../upload/guarantees.ts'
import type { Bucket } from './bucket.ts'
import type { Location } from './config.ts'
import type { Slot, SlotTerms } from './slots.ts'

export type Probing = {
  bucket: string
  /** Keys below it are the probe's own: `…staging/doctor-<random>/`. */
  folder: string
  now: () => Date
}

const BODY = Buffer.from('berth probes what this bucket enforces')
const OTHER = Buffer.from(BODY.toString().replace('probes', 'PROBES'))
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64')

const TERMS: SlotTerms = {
  size: BODY.length,
  contentType: 'application/x-berth-probe',
  sha256: null,
  ttlSeconds: 300,
}
const PATIENCE_MS = 10_000

/** After this no PUT of a probe is begun any more, and one under way is cut off. */
export const LONGEST_PROBE_SECONDS = 30

type Headers = Record<string, string | undefined>
/** One breach: a slot with these terms, answered with this body and these changed headers. */
type Breach = { terms?: Partial<SlotTerms>; body: Buffer; headers?: Headers }

const BREACHES: Record<'size' | 'contentType' | 'sha256', Breach[]> = {
  size: [
    { body: Buffer.concat([BODY, BODY.subarray(0, 1)]) },
    { body: BODY.subarray(1) },
    { body: BODY, headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' } },
  ],
  contentType: [
    { body: BODY, headers: { 'content-type': 'text/html' } },
    { body: BODY, headers: { 'content-type': undefined } },
  ],
  sha256: [{ terms: { sha256: digest(BODY) }, body: OTHER }],
}

/** Null when even the right PUT is not accepted: then nothing can be said. Leaves nothing behind. */
export async function probeBucket(bucket: Bucket, probing: Probing): Promise<Guarantees | null> {
  const used: Location[] = []
  const deadline = AbortSignal.timeout(LONGEST_PROBE_SECONDS * 1000)
  const place = (): Location => {
    const location = { bucket: probing.bucket, key: `${probing.folder}${used.length}` }
    used.push(location)
    return location
  }
  const isRefused = async ({ terms, body, headers }: Breach): Promise<boolean> => {
    const location = place()
    const slot = await bucket.presignPut(location, { ...TERMS, ...terms }, probing.now())
    const status = await put(slot, { body, headers, deadline })
    return status >= 400 && status < 500 && (await bucket.head(location)) === null
  }
  try {
    const isSingleUse = await tryTwice(bucket, { location: place(), now: probing.now(), deadline })
    if (isSingleUse === null) return null
    return {
      size: enforcer(await every(BREACHES.size, isRefused)),
      contentType: enforcer(await every(BREACHES.contentType, isRefused)),
      sha256: enforcer(await every(BREACHES.sha256, isRefused)),
      singleUse: enforcer(isSingleUse),
    }
  } finally {
    for (const location of used) await bucket.remove(location)
  }
}

const enforcer = (isEnforced: boolean): Enforcer => (isEnforced ? 'storage' : 'verification')

/** A promise counts only if every breach of it was refused. */
async function every<T>(items: T[], holds: (item: T) => Promise<boolean>): Promise<boolean> {
  for (const item of items) if (!(await holds(item))) return false
  return true
}

type Try = { location: Location; now: Date; deadline: AbortSignal }

/** Null when the first, right PUT is refused. */
async function tryTwice(bucket: Bucket, { location, now, deadline }: Try): Promise<boolean | null> {
  const slot = await bucket.presignPut(location, TERMS, now)
  if ((await put(slot, { body: BODY, deadline })) !== 200) return null
  return (await put(slot, { body: OTHER, deadline })) === 412
}

type Sent = { body: Buffer; headers?: Headers | undefined; deadline: AbortSignal }

/** Raw HTTP, as fetch sends neither a wrong length nor a body without a type. */
function put({ url, headers }: Slot, sent: Sent): Promise<number> {
  const { body, deadline } = sent
  const all: Headers = { ...headers, 'content-length': String(body.length), ...sent.headers }
  const given = Object.entries(all).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const options = {
      method: 'PUT',
      headers: Object.fromEntries(given),
      timeout: PATIENCE_MS,
      signal: deadline,
    }
    const outgoing = send(url, { ...options, agent: false }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    outgoing.on('timeout', () => outgoing.destroy(new Error('the store did not answer')))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
