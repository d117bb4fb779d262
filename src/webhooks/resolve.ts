/**
 * Lookup of public names, beside the thread pool: the system's own lookup waits in one of four threads, so a
 * few names whose server does not answer would hold up every other endpoint.
 */

import { Resolver, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from './addresses.ts'

/** The code of the error when any of a name's addresses is not public. */
export const NOT_PUBLIC = 'ENOTPUBLIC'

const TRIES = { timeout: 2_000, tries: 2 }

/** @param servers `address:port` of name servers; null: the system's. */
export function createLookup(servers: readonly string[] | null): LookupFunction {
  const resolver = new Resolver(TRIES)
  if (servers) resolver.setServers(servers)
  return (hostname, { all }, done) => {
    resolveBoth(resolver, hostname).then(
      (found) => {
        const [first] = found
        if (!first) done(failure('ENOTFOUND'), '')
        else if (!areAllPublic(found)) done(failure(NOT_PUBLIC), '')
        else if (all === true) done(null, found)
        else done(null, first.address, first.family)
      },
      (error: unknown) => done(error as NodeJS.ErrnoException, ''),
    )
  }
}

/** Both families: one address that must not be called spoils them all. */
async function resolveBoth(resolver: Resolver, hostname: string): Promise<LookupAddress[]> {
  const asked = await Promise.allSettled([
    ask((done) => resolver.resolve4(hostname, done), 4),
    ask((done) => resolver.resolve6(hostname, done), 6),
  ])
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const [failed] = asked.flatMap((answer) => (answer.status === 'rejected' ? [answer] : []))
  if (found.length === 0 && failed) throw failed.reason
  return found
}

type Done = (error: NodeJS.ErrnoException | null, addresses: string[]) => void

const ask = (query: (done: Done) => void, family: number): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) =>
    query((error, addresses) => {
      if (error) reject(error)
      else resolve(addresses.map((address) => ({ address, family })))
    }),
  )

// The agent judges them as well, by rules of its own.
const areAllPublic = (found: readonly LookupAddress[]): boolean =>
  found.every(({ address }) => isPublicAddress(address))

const failure = (code: string): NodeJS.ErrnoException =>
  Object.assign(new Error('the name leads nowhere that may be called'), { code })
