/** Many slots in one call: each item is decided by itself and in order, all are recorded at once. */

import { Problem } from '../problems.ts'
import type { ProblemFields } from '../problem.ts'
import { insertUploads, type Outcome } from '../store/insert-uploads.ts'
import {
  asItIsNow,
  refusalFor,
  type Asked,
  type CreateDeps,
  type Created,
} from './create-upload.ts'
import type { Caller } from './deps.ts'
import { forCaller } from './granted.ts'
import { logIssued, prepareSlot, type PreparedSlot, type SlotRequest } from './issue-slot.ts'
import { idIn, once, type Once, type Remember } from './once.ts'

/** A problem in place of a request: the item was not even well-formed. */
export type BatchItem = SlotRequest | Problem

export type BatchResult = Created | { problem: ProblemFields }

export function createUploads(
  deps: CreateDeps,
  { caller, key }: Asked,
  items: readonly BatchItem[],
): Promise<Once<BatchResult[]>> {
  return once(deps, caller, key, {
    run: (remember) => issueAll(deps, caller, items, remember),
    replay: (result) => allAsTheyAre(deps, caller.tenant, result),
  })
}

type Prepared = PreparedSlot | Problem

async function issueAll(
  deps: CreateDeps,
  caller: Caller,
  items: readonly BatchItem[],
  remember: Remember | null,
): Promise<BatchResult[]> {
  const prepared = await Promise.all(items.map((item) => prepare(deps, caller, item)))
  const slots = prepared.filter((each): each is PreparedSlot => !(each instanceof Problem))
  const candidates = slots.map(({ upload, profile }) => ({ upload, quota: profile }))
  const settle = (outcomes: readonly Outcome[]) => settled(caller, prepared, outcomes)
  const outcomes = await insertUploads(deps.store, candidates, {
    token: caller.token,
    finish: async (trx, made) => remember?.(trx, settle(made).map(toStored)),
  })
  slots.filter((_, nth) => outcomes[nth] === 'inserted').forEach((s) => logIssued(deps, s.upload))
  return settle(outcomes)
}

/** What a single call would refuse; a fault of ours ends the whole call instead. */
async function prepare(deps: CreateDeps, caller: Caller, item: BatchItem): Promise<Prepared> {
  if (item instanceof Problem) return item
  try {
    return await prepareSlot(deps, caller.tenant, forCaller(caller, item))
  } catch (error) {
    if (error instanceof Problem && error.fields.status < 500) return error
    throw error
  }
}

/** @param outcomes of those that were prepared, in their order. */
function settled(
  { token }: Caller,
  prepared: readonly Prepared[],
  outcomes: readonly Outcome[],
): BatchResult[] {
  let nth = 0
  return prepared.map((each) => {
    if (each instanceof Problem) return { problem: each.fields }
    const refusal = refusalFor(outcomes[nth++] ?? 'no-room', each.profile, token)
    return refusal ? { problem: refusal.fields } : { upload: each.upload, slot: each.slot }
  })
}

type Stored = { problem: ProblemFields } | { id: string }

const toStored = (result: BatchResult): Stored =>
  'problem' in result ? { problem: result.problem } : { id: result.upload.id }

const allAsTheyAre = (deps: CreateDeps, tenant: string, stored: unknown): Promise<BatchResult[]> =>
  Promise.all(
    (stored as Stored[]).map(async (each) =>
      'problem' in each ? each : await asItIsNow(deps, tenant, idIn(each)),
    ),
  )
