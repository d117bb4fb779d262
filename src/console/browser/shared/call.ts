/** Calls of the API from a page: JSON in and out, refusals as errors that say what a person needs. */

export type Problem = {
  type: string
  title: string
  detail: string
  expected: string
  status: number
}

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`)
    this.problem = problem
  }

  /** The last part of the problem's type. */
  get slug(): string {
    return this.problem.type.split('/').at(-1) ?? ''
  }
}

/** The server could not be asked at all. */
class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export type Api = {
  get: <T>(path: string, signal?: AbortSignal) => Promise<T>
  post: <T>(path: string, body?: object, signal?: AbortSignal) => Promise<T>
  delete: <T>(path: string) => Promise<T>
}

/** @param key stays in this closure: no storage, no address, no cookie. */
export function createApi(key: string): Api {
  const call = async <T>(method: string, path: string, more: RequestInit = {}): Promise<T> => {
    const json = more.body === undefined ? {} : { 'content-type': 'application/json' }
    const headers = { authorization: `Bearer ${key}`, ...json }
    // Relative to the page, which may be served below a path.
    const answer = await fetch(path, { method, headers, ...more }).catch(unreachable)
    if (!answer.ok) throw await refusalOf(answer)
    return (await answer.json()) as T
  }
  return {
    get: (path, signal) => call('GET', path, signal && { signal }),
    post: (path, body, signal) =>
      call('POST', path, {
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      }),
    delete: (path) => call('DELETE', path),
  }
}

function unreachable(error: unknown): never {
  if (error instanceof DOMException && error.name === 'AbortError') throw error
  throw new Unreachable('Berth cannot be reached')
}

async function refusalOf(answer: Response): Promise<Error> {
  try {
    return new Refused((await answer.json()) as Problem)
  } catch {
    return new Unreachable(`Berth answered ${answer.status} and nothing that can be read`)
  }
}

export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError'
