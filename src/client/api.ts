/** Calls of Berth's API: bearer, JSON, problems as errors, and another try where that is safe. */

import { trying, type Patience } from './patience.ts'
import { reach } from './reach.ts'
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

type Call = Stop & {
  body?: object
  headers?: Record<string, string>
  /** Milliseconds for the whole answer; a minute without it. */
  longestMs?: number
}

type Attempt = Call & { signal: AbortSignal }

/** Resolves with the JSON of the answer, or its text when it is none; rejects with UploadError. */
export type Api = <T>(method: string, path: string, call?: Call) => Promise<T>

export const pathOf = (id: string): string => `/v1/uploads/${id}`

export const never = (): AbortSignal => new AbortController().signal

export const USUAL_PATIENCE: Patience = { tries: 6, pauseMs: 1000 }

/** Longer than any long poll. */
const LONGEST_MS = 60_000

export function createApi(connection: Connection): Api {
  const { baseUrl, token, fetch: send = fetch } = connection
  const root = baseUrl.replace(/\/$/, '')
  const words = `Berth at ${root} cannot be reached from here.`
  // Whoever needs a fresh one meanwhile waits for the same.
  let bearer: Promise<string> | null = null

  const ask = async <T>(
    method: string,
    path: string,
    call: Attempt,
    isAgain = false,
  ): Promise<T> => {
    const { signal, body, headers, longestMs = LONGEST_MS } = call
    const used = (bearer ??= tokenFrom(token))
    used.catch(() => (bearer = null))
    const { answer, said } = await reach({ signal, longestMs, words }, async (own) => {
      const json = body && { 'content-type': 'application/json' }
      const answer = await send(root + path, {
        method,
        signal: own,
        headers: { authorization: `Bearer ${await used}`, ...json, ...headers },
        // Of none it makes none.
        body: JSON.stringify(body),
      })
      return { answer, said: read(await answer.text()) }
    })
    if (answer.status === 401 && !isAgain && typeof token !== 'string') {
      if (bearer === used) bearer = null
      return ask(method, path, call, true)
    }
    if (!answer.ok) throw refusal(answer, said)
    return said as T
  }
  return (method, path, { signal = never(), ...call } = {}) =>
    trying({ ...USUAL_PATIENCE, ...connection, signal }, () =>
      ask(method, path, { ...call, signal }),
    )
}

const tokenFrom = (token: Connection['token']): Promise<string> =>
  reach({ signal: never(), longestMs: LONGEST_MS, words: 'There is no upload token.' }, async () =>
    typeof token === 'string' ? token : token(),
  )

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
