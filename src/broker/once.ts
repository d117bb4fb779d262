/**
 * Idempotency-Key: the first call with a key does the work, every later one is told what came of it.
 * A call that died is taken over; a refused one leaves its key free.
 */

import { createHash } from 'node:crypto'
import { idempotencyInProgress, idempotencyKeyReused, notFound } from '../problems.ts'
import {
  claimKey,
  findKey,
  finishKey,
  releaseKey,
  type IdempotencyRow,
  type Trx,
} from '../store/idempotency.ts'
import { addSeconds } from '../upload/policy.ts'
import { canonicalJson } from './canonical-json.ts'
import type { Caller, Deps } from './deps.ts'

const KEPT_SECONDS = 86_400
const DEAD_AFTER_SECONDS = 30

/** A key as the caller gave it, for this route and this body. */
export type OnceKey = { route: string; key: string; body: unknown }

type OnceDeps = Pick<Deps, 'store' | 'now' | 'newNonce'>

/** Writes what a repeat will need, in the transaction of the work. */
export type Remember = (trx: Trx, result: unknown) => Promise<void>

export type Work<T> = {
  /** @param remember null: there is no key. */
  run: (remember: Remember | null) => Promise<T>
  /** @param result as it was remembered. */
  replay: (result: unknown) => Promise<T>
}

export type Once<T> = { value: T; isReplay: boolean }

/** @param key null: the caller gave none, and every call does the work. */
export async function once<T>(
  deps: OnceDeps,
  caller: Caller,
  key: OnceKey | null,
  work: Work<T>,
): Promise<Once<T>> {
  if (key === null) return { value: await work.run(null), isReplay: false }
  const fingerprint = sha256(canonicalJson(key.body))
  const digest = sha256(JSON.stringify([caller.tenant, ownerOf(caller), key.route, key.key]))
  const claim = { digest, fingerprint, claim: deps.newNonce() }

  const other = await takenBy(deps, claim)
  if (other) return { value: await work.replay(resultOf(other, fingerprint)), isReplay: true }
  try {
    const remember: Remember = (trx, result) => finishKey(trx, claim, JSON.stringify(result))
    return { value: await work.run(remember), isReplay: false }
  } catch (error) {
    // Should this fail as well, the key is free again once the claim counts as dead.
    await releaseKey(deps.store, claim).catch(() => undefined)
    throw error
  }
}

type Named = Pick<IdempotencyRow, 'digest' | 'fingerprint' | 'claim'>

/** A look first, so that repeats cost no write. */
async function takenBy(deps: OnceDeps, named: Named): Promise<IdempotencyRow | null> {
  const at = deps.now()
  const deadBefore = addSeconds(at, -DEAD_AFTER_SECONDS)
  const found = await findKey(deps.store, named.digest)
  if (found && found.expires_at > at.getTime() && !isDead(found, deadBefore)) return found
  return claimKey(deps.store, { ...named, at, deadBefore, expiresAt: addSeconds(at, KEPT_SECONDS) })
}

const isDead = ({ result, claimed_at }: IdempotencyRow, deadBefore: Date): boolean =>
  result === null && claimed_at <= deadBefore.getTime()

function resultOf(row: IdempotencyRow, fingerprint: string): unknown {
  if (row.fingerprint !== fingerprint) throw idempotencyKeyReused()
  if (row.result === null) throw idempotencyInProgress()
  return JSON.parse(row.result)
}

/** Two browsers with tokens of one tenant may think of the same key. */
const ownerOf = ({ token }: Caller): string => token?.id ?? ''

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** For results that hold an id: a record that is gone is like one that never was. */
export function idIn(result: unknown): string {
  if (typeof result === 'object' && result !== null && 'id' in result) return String(result.id)
  throw notFound()
}
