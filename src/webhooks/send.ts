/** One POST to an endpoint: bounded in time and answer, no redirects, no private addresses. */

import { lookup as systemLookup } from 'node:dns'
import {
  request as httpRequest,
  type AgentOptions,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import {
  RequestFilteringHttpAgent,
  RequestFilteringHttpsAgent,
  type RequestFilteringAgentOptions,
} from 'request-filtering-agent'
import { PUBLIC_METADATA } from './addresses.ts'
import { createLookup, NOT_PUBLIC } from './resolve.ts'
import { retryAfterSeconds } from './retry-after.ts'

export type Message = { url: string; headers: Record<string, string>; body: string }

export type Sent =
  | { outcome: 'answered'; status: number; retryAfterSeconds: number | null }
  /** `error` is a name, never an address: the resolver's answer is not the tenant's business. */
  | { outcome: 'timeout' | 'unreachable' | 'blocked' | 'stopped'; error: string }

export type Sender = {
  /** Never rejects. */
  send: (message: Message, stop: AbortSignal) => Promise<Sent>
  close: () => void
}

export type SenderConfig = {
  allowPrivate: boolean
  timeoutMs: number
  /** Null: the way this system looks names up. */
  nameServers?: readonly string[]
}

const LARGEST_ANSWER_BYTES = 4_096
const KEEP = { keepAlive: true, maxFreeSockets: 256, timeout: 30_000 }

export function createSender({ allowPrivate, timeoutMs, nameServers }: SenderConfig): Sender {
  const rules = {
    allowPrivateIPAddress: allowPrivate,
    allowMetaIPAddress: allowPrivate,
    denyIPAddressList: allowPrivate ? [] : [PUBLIC_METADATA],
    lookup: lookupFor(allowPrivate, nameServers ?? null),
  }
  const kept = openerWith({ ...rules, ...KEEP })
  const fresh = openerWith({ ...rules, keepAlive: false })
  return {
    send: async (message, stop) => {
      // Monotonic, as a clock that is set back must not make an attempt outlive its lease.
      const giveUpAt = performance.now() + timeoutMs
      const sent = await exchange(kept.open, message, giveUpAt, stop)
      if (sent !== 'stale') return sent
      // The receiver closed a connection that was kept for us just as we used it: nobody's failure.
      const again = await exchange(fresh.open, message, giveUpAt, stop)
      return again === 'stale' ? { outcome: 'unreachable', error: 'ECONNRESET' } : again
    },
    close: () => [kept, fresh].forEach(({ close }) => close()),
  }
}

type Open = (url: URL, headers: Record<string, string>) => ClientRequest

function openerWith(options: AgentOptions & RequestFilteringAgentOptions) {
  const http = new RequestFilteringHttpAgent(options)
  const https = new RequestFilteringHttpsAgent(options)
  const open: Open = (url, headers) => {
    const post = { method: 'POST', headers }
    return url.protocol === 'http:'
      ? httpRequest(url, { ...post, agent: http })
      : httpsRequest(url, { ...post, agent: https })
  }
  return { open, close: () => [http, https].forEach((agent) => agent.destroy()) }
}

/** Inside a private network, names come from hosts files and search domains too. */
const lookupFor = (allowPrivate: boolean, servers: readonly string[] | null): LookupFunction =>
  allowPrivate ? systemLookup : createLookup(servers)

function exchange(
  open: Open,
  { url, headers, body }: Message,
  giveUpAt: number,
  stop: AbortSignal,
): Promise<Sent | 'stale'> {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body)
    const request = open(new URL(url), { ...headers, 'content-length': String(bytes.length) })
    const end = (sent: Sent | 'stale'): void => {
      clearTimeout(timer)
      stop.removeEventListener('abort', stopped)
      resolve(sent)
    }
    const cut = (sent: Sent): void => {
      end(sent)
      request.destroy()
    }
    const stopped = (): void => cut({ outcome: 'stopped', error: 'the node stopped' })
    const late = (): void => cut({ outcome: 'timeout', error: 'no answer in time' })
    const timer = setTimeout(late, Math.max(0, giveUpAt - performance.now()))
    stop.addEventListener('abort', stopped, { once: true })
    request.on('error', (error) => end(isStale(request, error) ? 'stale' : failureOf(error)))
    request.on('close', () => end({ outcome: 'unreachable', error: 'the connection closed' }))
    request.on('response', (response) => readAnswer(response, cut, end))
    request.end(bytes)
    if (stop.aborted) stopped()
  })
}

/** A success is one whose answer came whole, or as much of it as is ever read. */
function readAnswer(
  response: IncomingMessage,
  cut: (sent: Sent) => void,
  end: (sent: Sent) => void,
): void {
  const answer: Sent = {
    outcome: 'answered',
    status: response.statusCode ?? 0,
    retryAfterSeconds: retryAfterSeconds(response.headers['retry-after']),
  }
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length >= LARGEST_ANSWER_BYTES) cut(answer)
  })
  response.on('end', () => end(answer))
  response.on('error', (error) => end(failureOf(error)))
}

const isStale = (request: ClientRequest, error: NodeJS.ErrnoException): boolean =>
  request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

function failureOf(error: NodeJS.ErrnoException): Sent {
  // The agent's own refusal has no code.
  if (error.code === NOT_PUBLIC || / is not allowed\./.test(error.message))
    return { outcome: 'blocked', error: 'the address is not a public one' }
  return { outcome: 'unreachable', error: error.code ?? 'the connection failed' }
}
