/** New uploads whose insert is tied to other rows: an idempotency key, a token's counters, a batch. */

import type { Upload } from '../upload/upload.ts'
import type { Trx } from './idempotency.ts'
import type { Candidate, Ledger, Quota } from './quotas.ts'
import type { Store } from './store.ts'
import { giveBackToToken, takeFromToken, type TokenLimits } from './upload-tokens.ts'

export type Wanted = { upload: Upload; quota: Quota }

/** What became of an upload; everything but `inserted` has written nothing. */
export type Outcome = 'inserted' | 'no-room' | 'token-used-up'

/** Runs in the transaction of the inserts; when it throws, nothing was inserted. */
type Finish = (trx: Trx, outcomes: readonly Outcome[]) => Promise<void>

export type Terms = {
  /** Null: whoever asks needs no token. */
  token: TokenLimits | null
  finish: Finish | null
}

/** One transaction; each upload is decided in turn, and one that has no room holds up no other. */
export function insertUploads(
  store: Store,
  wanted: readonly Wanted[],
  { token, finish }: Terms,
): Promise<readonly Outcome[]> {
  const order = token ? `token/${token.id}` : (wanted[0]?.upload.id ?? '')
  return store.write(async (trx, ledger) => {
    const tried: (Candidate | null)[] = []
    for (const each of wanted) tried.push(await tryOne(trx, ledger, { ...each, token }))
    // Whether there was room is known once the ledger is settled, and so are these.
    const outcomes: Outcome[] = []
    ledger.afterwards(async () => {
      outcomes.push(...tried.map(outcomeOf))
      for (const candidate of tried) if (token) await giveBack(trx, token, candidate)
      await finish?.(trx, outcomes)
    })
    return outcomes
  }, order)
}

/** Null when the token is used up. */
async function tryOne(
  trx: Trx,
  ledger: Ledger,
  { upload, quota, token }: Wanted & Pick<Terms, 'token'>,
): Promise<Candidate | null> {
  if (token && !(await takeFromToken(trx, token, upload.declared.size))) return null
  const candidate = { upload, quota, isAdmitted: false }
  ledger.admit(candidate)
  return candidate
}

function outcomeOf(candidate: Candidate | null): Outcome {
  if (candidate === null) return 'token-used-up'
  return candidate.isAdmitted ? 'inserted' : 'no-room'
}

async function giveBack(trx: Trx, token: TokenLimits, candidate: Candidate | null): Promise<void> {
  if (candidate === null || candidate.isAdmitted) return
  await giveBackToToken(trx, token, candidate.upload.declared.size)
}
