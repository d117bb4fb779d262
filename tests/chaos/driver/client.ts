/** A client: it retries what it does not know, on whichever node answers, and writes all of it down. */

import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Op, Put, Sent } from '../check/run.ts'
import { BUCKET } from '../cluster/minio.ts'
import { pause } from '../pause.ts'
import { callApi, outcomeOf, type Request } from './api.ts'
import { sha256Of } from './bytes.ts'
import type { About, Answered, History } from './history.ts'

export type ClientDeps = {
  history: History
  nodes: readonly string[]
  keys: ReadonlyMap<string, string>
  /** With an account that may do anything. */
  store: S3Client
}

type Whose = Omit<About, 'op'>

type SignedPut = { url: string; headers: Record<string, string>; put: Put; bytes: Buffer }

export type Client = {
  /** Until an answer is known, or patience is over. */
  call: (about: About, request: (call: number) => Asked) => Promise<Answered>
  /** The rest: one try each. */
  put: (whose: Whose, signed: SignedPut) => Promise<Answered>
  plant: (whose: Whose, put: Put, bytes: Buffer) => Promise<Answered>
  fetch: (whose: Whose, url: string) => Promise<Answered>
}

type Asked = Request & { sent?: Sent }

const PATIENCE_MS = 90_000
const BETWEEN_MS = 250
const BETWEEN_AT_MOST_MS = 4_000
const TRANSFER_MS = 15_000

export function createClient({ history, keys, nodes, store }: ClientDeps): Client {
  let node = 0
  const once = (op: Op, whose: Whose, sent: Sent, act: () => Promise<Answered>) =>
    history.record({ ...whose, op }, () => sent, act)

  const call: Client['call'] = async (about, request) => {
    const giveUpAt = Date.now() + PATIENCE_MS
    for (let tries = 0; ; tries += 1) {
      const answered = await history.record(
        about,
        (number) => request(number).sent ?? {},
        (number) => callApi(nodes[node] ?? '', keys.get(about.tenant) ?? '', request(number)),
      )
      if (answered.outcome !== 'unknown' || Date.now() > giveUpAt) return answered
      node = (node + 1) % nodes.length
      await pause(backoff(tries))
    }
  }
  return {
    call,
    put: (whose, signed) => once('put', whose, { put: signed.put }, () => send(signed)),
    plant: (whose, put, bytes) => once('put', whose, { put }, () => write(store, put, bytes)),
    fetch: (whose, url) => once('fetch', whose, {}, () => read(url)),
  }
}

// Doubled, and spread, or a few hundred clients would be a fault of their own.
const backoff = (tries: number): number =>
  Math.min(BETWEEN_AT_MOST_MS, BETWEEN_MS * 2 ** tries) * (0.5 + Math.random())

async function send({ url, headers, bytes }: SignedPut): Promise<Answered> {
  const signal = AbortSignal.timeout(TRANSFER_MS)
  const answer = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes), signal })
  const said = await answer.text()
  return { ...outcomeOf(answer.status), answer: answer.ok ? null : said.slice(0, 300) }
}

async function write(store: S3Client, put: Put, bytes: Buffer): Promise<Answered> {
  const { key, contentType } = put
  const command = { Bucket: BUCKET, Key: key, Body: bytes, ContentType: contentType }
  const abortSignal = AbortSignal.timeout(TRANSFER_MS)
  await store.send(new PutObjectCommand(command), { abortSignal })
  return { outcome: 'ok', status: 200, answer: null }
}

async function read(url: string): Promise<Answered> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(TRANSFER_MS) })
  const bytes = Buffer.from(await answer.arrayBuffer())
  const found = { sha256: sha256Of(bytes), size: bytes.length }
  return { ...outcomeOf(answer.status), answer: answer.ok ? found : null }
}
