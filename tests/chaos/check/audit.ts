/** I5 to I8: the chain of transitions of every upload. */

import { shownBy, type Shown } from './answers.ts'
import { groupBy, over, together, type Finding, type Invariant } from './invariant.ts'
import type { Call, Run, TransitionRow } from './run.ts'
import { isOver, mayFollow } from './states.ts'

// A node takes the time from the database, and is off by half the way there at most.
const CLOCK_MS = 500

type Chain = { id: string; steps: TransitionRow[] }

function chainsOf(run: Run): Chain[] {
  const byUpload = groupBy(run.transitions, ({ upload_id }) => upload_id)
  return [...byUpload].map(([id, steps]) => ({
    id,
    steps: steps.sort((a, b) => a.version - b.version),
  }))
}

/** Each step with the one before it. */
function* pairsOf(run: Run): Generator<{ id: string; from: TransitionRow; to: TransitionRow }> {
  for (const { id, steps } of chainsOf(run)) {
    for (const [index, to] of steps.entries()) {
      const from = steps[index - 1]
      if (from) yield { id, from, to }
    }
  }
}

const legality: Invariant = {
  id: 'I5',
  says: 'every transition is a legal one, and the first is pending',
  check: (run) =>
    together(
      over(pairsOf(run), ({ id, from, to }) =>
        mayFollow(from.state, to.state) ? null : `${id}: ${from.state} -> ${to.state}`,
      ),
      over(chainsOf(run), ({ id, steps }) =>
        steps[0]?.state === 'pending' ? null : `${id}: begins with ${steps[0]?.state}`,
      ),
    ),
}

const versions: Invariant = {
  id: 'I6',
  says: 'versions grow by one per transition, end with the record, and never go back for a client',
  check: (run) => together(gaplessness(run), ends(run), reads(run)),
}

const gaplessness = (run: Run): Finding =>
  over(chainsOf(run), ({ id, steps }) => {
    const found = steps.map(({ version }) => version)
    const isGapless = found.every((version, index) => version === index + 1)
    return isGapless ? null : `${id}: versions ${found.join(', ')}`
  })

function ends(run: Run): Finding {
  const chains = new Map(chainsOf(run).map(({ id, steps }) => [id, steps]))
  return over(run.uploads, ({ id, state, version }) => {
    const last = chains.get(id)?.at(-1)
    if (last?.state === state && last.version === version) return null
    return `${id}: the record says ${state} ${version}, its audit ${last?.state} ${last?.version}`
  })
}

type Seen = Shown & { began: number; ended: number }

function answersByUpload(calls: Call[]): Map<string, Seen[]> {
  const seen = calls.flatMap((call) => {
    const shown = shownBy(call)
    return shown ? [{ ...shown, began: call.began, ended: call.ended ?? call.began }] : []
  })
  return groupBy(seen, ({ id }) => id)
}

/** Of two calls, one begun after the other had been answered, the later must not know less. */
function reads(run: Run): Finding {
  return over(answersByUpload(run.calls), ([id, answers]) => {
    for (const later of answers) {
      const forgotten = answers.find(
        (before) => before.ended < later.began && before.version > later.version,
      )
      if (forgotten) return `${id}: version ${forgotten.version} was shown, then ${later.version}`
    }
    return null
  })
}

const finality: Invariant = {
  id: 'I7',
  says: 'a final state never changes, in the audit or after a client was told of it',
  check: (run) =>
    together(
      over(pairsOf(run), ({ id, from, to }) =>
        !isOver(from.state) || isTolerated(from.state, to.state)
          ? null
          : `${id}: ${from.state} changed to ${to.state}`,
      ),
      announced(run),
    ),
}

const isTolerated = (from: string, to: string): boolean =>
  (from === 'ready' && to === 'deleted') || (from === 'failed' && to === 'received')

function announced(run: Run): Finding {
  const states = new Map(run.uploads.map(({ id, state }) => [id, state]))
  const told = run.calls.flatMap((call) => shownBy(call) ?? []).filter(({ state }) => isOver(state))
  return over(told, ({ id, state }) => {
    const end = states.get(id) ?? 'lost'
    return end === state || isTolerated(state, end) ? null : `${id}: told ${state}, is ${end}`
  })
}

const leases: Invariant = {
  id: 'I8',
  says: 'one lease at a time: each has its own fence, and none is taken away before its time',
  check: (run) => together(fences(run), patience(run)),
}

function fences(run: Run): Finding {
  const chains = new Map(chainsOf(run).map(({ id, steps }) => [id, steps]))
  return over(run.uploads, ({ id, fence }) => {
    const leased = (chains.get(id) ?? []).filter(({ state }) => state === 'verifying').length
    return fence === leased ? null : `${id}: fence ${fence} after ${leased} leases`
  })
}

function* takenAway(run: Run) {
  for (const pair of pairsOf(run)) {
    if (pair.from.state === 'verifying' && pair.to.cause === 'sweep') yield pair
  }
}

const patience = (run: Run): Finding =>
  over(takenAway(run), ({ id, from, to }) => {
    const seconds = (to.at - from.at + CLOCK_MS) / 1000
    if (seconds >= run.settings.leaseSeconds) return null
    return `${id}: a lease of ${run.settings.leaseSeconds} s was taken away after ${seconds} s`
  })

export const auditInvariants: Invariant[] = [legality, versions, finality, leases]
