/** The end of every upload against what its clients sent, by rules of the checker's own. */

import { shownBy } from './answers.ts'
import { groupBy, over, type Invariant } from './invariant.ts'
import type { Call, Declared, Put, Run, UploadRow } from './run.ts'

/** What bytes of a kind may truthfully be called; anything may be called a stream of octets. */
const TRUE_NAMES: Record<Put['content'], string[]> = {
  noise: ['application/octet-stream'],
  png: ['application/octet-stream', 'image/png'],
}

/** The one right end for an upload if this PUT is what lay at its staging key. */
function verdictOn(put: Put, declared: Declared): string {
  if (put.size !== declared.size) return 'rejected size-mismatch'
  if (put.contentType !== declared.contentType) return 'rejected content-type-mismatch'
  if (declared.sha256 !== null && declared.sha256 !== put.sha256) return 'rejected sha256-mismatch'
  const isTrue = TRUE_NAMES[put.content].includes(declared.contentType)
  return isTrue ? `ready ${put.sha256}` : 'rejected content-type-mismatch'
}

function endOf({ state, object, rejection }: UploadRow): string {
  const { sha256 = '' } = JSON.parse(object ?? '{}') as { sha256?: string }
  if (state === 'ready' || state === 'deleted') return `${state} ${sha256}`
  const { reason = '' } = JSON.parse(rejection ?? '{}') as { reason?: string }
  return state === 'rejected' ? `${state} ${reason}` : state
}

const asDeleted = (end: string): string => end.replace(/^ready/, 'deleted')
const isReady = (end: string): boolean => end.startsWith('ready')

/** Every end that the history admits. An unknown PUT or withdrawal may have happened or not. */
function possibleEnds(row: UploadRow, declared: Declared | undefined, calls: Call[]): Set<string> {
  const puts = calls.filter(({ op, outcome }) => op === 'put' && outcome !== 'fail')
  const verdicts = puts.flatMap(({ sent: { put } }) =>
    put && declared ? verdictOn(put, declared) : [],
  )
  const withdrawals = calls.filter(({ op, outcome }) => op === 'cancel' && outcome !== 'fail')
  const told = withdrawals.flatMap((call) => shownBy(call)?.state ?? [])
  if (told.includes('canceled')) return new Set(['canceled'])
  const deleted = verdicts.filter(isReady).map(asDeleted)
  if (told.includes('deleted')) return new Set(deleted)

  const hasLanded = puts.some(
    ({ outcome, ended }) => outcome === 'ok' && ended !== null && ended <= row.land_by,
  )
  const maybe = withdrawals.length > 0 ? ['canceled', ...deleted] : []
  return new Set([...verdicts, ...maybe, ...(hasLanded ? [] : ['expired'])])
}

type Judged = { row: UploadRow; end: string; possible: Set<string> }

function* judge(run: Run): Generator<Judged> {
  const byUpload = groupBy(run.calls, (call) => shownBy(call)?.id ?? call.upload ?? '')
  for (const row of run.uploads) {
    const calls = (byUpload.get(row.id) ?? []).filter(({ tenant }) => tenant === row.tenant)
    const declared = calls.find(({ op }) => op === 'issue')?.sent.declared
    yield { row, end: endOf(row), possible: possibleEnds(row, declared, calls) }
  }
}

const complaint = ({ row, end, possible }: Judged): string | null =>
  possible.has(end) ? null : `${row.id}: ${end}; possible: ${[...possible].join(' | ')}`

const verdicts: Invariant = {
  id: 'I0',
  says: 'every upload ends as what was sent deserves: ready, rejected for its reason, expired, withdrawn',
  check: (run) => over(judge(run), complaint),
}

const repeated: Invariant = {
  id: 'I27',
  says: 'an upload that was verified more than once has the verdict of its bytes all the same',
  check: (run) =>
    over(
      [...judge(run)].filter(({ row }) => row.fence > 1),
      complaint,
    ),
}

export const verdictInvariants: Invariant[] = [verdicts, repeated]
