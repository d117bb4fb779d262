/** One call to one node, as a client of the HTTP API makes it, and what its answer means. */

import type { Answered } from './history.ts'

export type Request = { method: 'GET' | 'POST' | 'DELETE'; path: string; body?: unknown }

const PATIENCE_MS = 20_000

export async function callApi(
  url: string,
  key: string,
  { method, path, body }: Request,
): Promise<Answered> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  return { ...outcomeOf(answer.status), answer: parsed(await answer.text()) }
}

/** A 5xx says that the server cannot tell: a lost commit answer looks just like that. */
export function outcomeOf(status: number): Pick<Answered, 'outcome' | 'status'> {
  // 408 is Node's own: a request that a frozen process did not read in time.
  if (status === 408 || status >= 500) return { status, outcome: 'unknown' }
  return { status, outcome: status < 300 ? 'ok' : 'fail' }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
