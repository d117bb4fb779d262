/** A network between the SDK and the world that can lose things: `fetch`, with what happens on the way. */

type Sent = { method: string; path: string; url: string; init: RequestInit }

/** Answers in place of the network, or passes the request on as often as it likes. */
type Hop = (sent: Sent, pass: (change?: Partial<Sent>) => Promise<Response>) => Promise<Response>

export type Network = {
  fetch: typeof fetch
  /** As `PUT /path`, in order; ids in Berth's paths are `:id`, the store's paths `(store)`. */
  sent: string[]
  /** What becomes of the next request that `matches`; then all is well again. */
  once: (matches: string, hop: Hop) => void
}

export function createNetwork(): Network {
  const hops: { matches: string; hop: Hop }[] = []
  const sent: string[] = []
  const through = async (url: string, init: RequestInit): Promise<Response> => {
    const { pathname } = new URL(url)
    const path = pathname.startsWith('/v1/') ? pathname.replace(/upl_[0-9a-f]+/, ':id') : '(store)'
    const request = { method: init.method ?? 'GET', path, url, init }
    const label = `${request.method} ${path}`
    sent.push(label)
    const index = hops.findIndex(({ matches }) => matches === label)
    const [found] = index < 0 ? [] : hops.splice(index, 1)
    const pass = (change: Partial<Sent> = {}) => fetch(change.url ?? url, change.init ?? init)
    return found ? found.hop(request, pass) : pass()
  }
  return {
    sent,
    fetch: (url, init = {}) => through(url as string, init),
    once: (matches, hop) => void hops.push({ matches, hop }),
  }
}

/** It arrives, and its answer does not. */
export const losingTheAnswer: Hop = async (_sent, pass) => {
  await (await pass()).text()
  throw new TypeError('fetch failed')
}

export const losingTheRequest: Hop = () => Promise.reject(new TypeError('fetch failed'))
