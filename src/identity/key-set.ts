/** The identity provider's public keys: fetched when needed, rarely, and kept while it is away. */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { identityUnavailable } from '../problems.ts'

export type FetchKeys = () => Promise<JSONWebKeySet>

const FRESH_MS = 10 * 60_000
/** A key that was withdrawn is believed no longer than this, should the provider stay away. */
const STALE_MS = 60 * 60_000
/** Between two fetches, whatever tokens ask for: a forger cannot make us knock more often. */
const COOLDOWN_MS = 30_000

type Known = { keys: JWTVerifyGetKey; fetchedAt: number }

export function createKeySet(fetchKeys: FetchKeys, now: () => Date): JWTVerifyGetKey {
  let known: Known | null = null
  let triedAt = -Infinity
  let running: Promise<void> | null = null

  const fetchOnce = async (): Promise<void> => {
    triedAt = now().getTime()
    const keys = createLocalJWKSet(await fetchKeys())
    known = { keys, fetchedAt: now().getTime() }
  }
  /** Fails in silence: what is known may still do, and if not, the caller says so. */
  const refresh = (): Promise<void> => {
    if (running === null && now().getTime() - triedAt < COOLDOWN_MS) return Promise.resolve()
    running ??= fetchOnce()
      .catch(() => undefined)
      .finally(() => (running = null))
    return running
  }
  const ageMs = (): number => (known === null ? Infinity : now().getTime() - known.fetchedAt)
  const current = (): Known => {
    if (known === null || ageMs() > STALE_MS) throw identityUnavailable()
    return known
  }

  return async (header, token) => {
    if (ageMs() > FRESH_MS) await refresh()
    const before = current()
    try {
      return await before.keys(header, token)
    } catch (error) {
      // Perhaps the provider has a new key.
      if (error instanceof errors.JWKSNoMatchingKey) await refresh()
      if (current() === before) throw error
      return current().keys(header, token)
    }
  }
}
