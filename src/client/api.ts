/** Calls of Berth's API: bearer, JSON, problems as errors, and another try where that is safe. */

import { trying, type Patience } from './patience.ts'
import type { Problem } from './record.ts'
import { UploadError } from './upload-error.ts'

export type Connection = {
  /** Where Berth is, such as `https://berth.example`. */
  baseUrl: string
  /** An upload token or API key, or what answers one; asked again when Berth refuses the last. */
  token: string | (() => string | Promise<string>)
  /** In place of the platform's own. */
  fetch?: typeof fetch
  /** How often anything is tried that may succeed later; 6 without it. */
  tries?: number
  /** Milliseconds before the second try, twice that before the third; 1000 without it. */
  pauseMs?: number
}

export type Stop = { signal?: AbortSignal }

type Call = Stop & { body?: object; headers?: Record<string, string> }

/** Resolves with the JSON of the answer, or its text when it is none; rejects with UploadError. */
export type Api = <T>(method: string, path: string, call?: Call) => Promise<T>

export const pathOf = (id: string): string => `/v1/uploads/${id}`

export const never = (): AbortSignal => new AbortController().signal

type Attempt = Call & { signal: AbortSignal }

export const USUAL_PATIENCE: Patience = { tries: 6, pauseMs: 1000 }

export function createApi(connection: Connection): Api {
  const { baseUrl, token, fetch: send = fetch } = connection
  const root = baseUrl.replace(/\/$/, '')
  let bearer: string | null = null
  const lost = (): never => {
    throw new UploadError('unreachable', `Berth at ${root} cannot be reached from here.`)
  }
  const ask = async (method: string, path: string, call: Attempt): Promise<Response> => {
    bearer ??= typeof token === 'string' ? token : await token()
    const { signal, body, headers } = call
    const json = body ? { 'content-type': 'application/json' } : {}
    return send(root + path, {
      method,
      signal,
      headers: { authorization: `Bearer ${bearer}`, ...json, ...headers },
      body: body ? JSON.stringify(body) : null,
    }).catch(lost)
  }
  const askWithFreshToken = async (...asked: Parameters<typeof ask>): Promise<Response> => {
    const answer = await ask(...asked)
    if (answer.status !== 401 || typeof token === 'string') return answer
    bearer = null
    return ask(...asked)
  }
  return <T>(method: string, path: string, { signal = never(), ...call }: Call = {}) =>
    trying({ ...USUAL_PATIENCE, ...connection, signal }, async () => {
      const answer = await askWithFreshToken(method, path, { ...call, signal })
      // An answer that breaks off in the middle is as good as none.
      const said = read(await answer.text().catch(lost))
      if (!answer.ok) throw refusal(answer, said)
      return said as T
    })
}

function refusal({ status, headers }: Response, said: unknown): UploadError {
  const problem = (said as Problem | null)?.title ? (said as Problem) : strange(status)
  const { title, detail, expected } = problem
  const retryAfter = Number(headers.get('retry-after')) || 0
  return new UploadError('refused', `${title}: ${detail}; expected ${expected}`, {
    problem,
    retryAfter,
  })
}

/** JSON, or else the text: a receipt, or the page of a proxy. */
function read(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Something before Berth has answered: a proxy, a balancer. */
const strange = (status: number): Problem => ({
  type: 'about:blank',
  status,
  title: 'This is no answer of Berth',
  detail: `status ${status}`,
  expected: 'one',
  retry: 'safe',
})
