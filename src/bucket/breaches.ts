/** Each promise of a slot broken on purpose, through the URL that a client would get, and what came back. */

import { createHash } from 'node:crypto'
import type { Bucket } from './bucket.ts'
import type { Location } from './config.ts'
import { sendRaw, type Answer, type RawHeaders } from './raw-request.ts'
import type { Slot, SlotTerms } from './slots.ts'

export type Probing = {
  bucket: string
  /** Keys below it are the probe's own: `…staging/doctor-<random>/`. */
  folder: string
  now: () => Date
}

export type Attempt = { what: string; answer: Answer; isRefused: boolean }

/** The promises are tried only when the right PUT is accepted. */
export type Tried = {
  right: Answer
  size: Attempt[]
  contentType: Attempt[]
  sha256: Attempt[]
  singleUse: Attempt[]
}

export const BODY = Buffer.from('berth probes what this bucket enforces')
const OTHER = Buffer.from(BODY.toString().replace('probes', 'PROBES'))
const LARGER = Buffer.concat([BODY, BODY.subarray(0, 1)])
const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64')

export const TERMS: SlotTerms = {
  size: BODY.length,
  contentType: 'application/x-berth-probe',
  sha256: null,
  ttlSeconds: 300,
}

/** A slot with these terms, answered with this body and these changed headers. */
type Breach = { what: string; terms?: Partial<SlotTerms>; body: Buffer; headers?: RawHeaders }

const BREACHES: Record<'size' | 'contentType' | 'sha256', Breach[]> = {
  size: [
    { what: 'a larger body', body: LARGER },
    { what: 'a smaller one', body: BODY.subarray(1) },
    // With the right size it would break nothing: a proxy may well count it and say so.
    {
      what: 'a larger chunked one',
      body: LARGER,
      headers: { 'content-length': undefined, 'transfer-encoding': 'chunked' },
    },
  ],
  contentType: [
    { what: 'another type', body: BODY, headers: { 'content-type': 'text/html' } },
    { what: 'no type', body: BODY, headers: { 'content-type': undefined } },
  ],
  sha256: [{ what: 'bytes of another SHA-256', terms: { sha256: digest(BODY) }, body: OTHER }],
}

/** What it puts below the folder is left there for the caller to remove. */
export async function tryPromises(
  bucket: Bucket,
  probing: Probing,
  deadline: AbortSignal,
): Promise<Tried> {
  let used = 0
  const place = (): Location => ({
    bucket: probing.bucket,
    key: `${probing.folder}${(used += 1)}`,
  })
  const attempt = async ({ what, terms, body, headers }: Breach): Promise<Attempt> => {
    const location = place()
    const slot = await bucket.presignPut(location, { ...TERMS, ...terms }, probing.now())
    const answer = await sendPut(slot, { body, headers, deadline })
    const isRefused = isClientError(answer) && (await bucket.head(location)) === null
    return { what, answer, isRefused }
  }
  const first = await bucket.presignPut(place(), TERMS, probing.now())
  const right = await sendPut(first, { body: BODY, deadline })
  if (right.status !== 200) return { right, size: [], contentType: [], sha256: [], singleUse: [] }
  const again = await sendPut(first, { body: OTHER, deadline })
  const second = {
    what: 'other bytes a second time',
    answer: again,
    isRefused: again.status === 412,
  }
  return {
    right,
    singleUse: [second],
    size: await inTurn(BREACHES.size, attempt),
    contentType: await inTurn(BREACHES.contentType, attempt),
    sha256: await inTurn(BREACHES.sha256, attempt),
  }
}

const isClientError = ({ status }: Answer): boolean => status >= 400 && status < 500

async function inTurn<T, R>(items: T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await act(item))
  return results
}

type Sent = { body: Buffer; headers?: RawHeaders | undefined; deadline: AbortSignal }

export const sendPut = ({ url, headers }: Slot, sent: Sent): Promise<Answer> =>
  sendRaw({
    method: 'PUT',
    url,
    headers: { ...headers, 'content-length': String(sent.body.length), ...sent.headers },
    body: sent.body,
    deadline: sent.deadline,
  })
