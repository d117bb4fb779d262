/** I12, I15, I17, I18, I24, I25: nothing lost, nothing left over, nothing stuck. */

import { keyOf, shownBy } from './answers.ts'
import { groupBy, over, together, type Finding, type Invariant } from './invariant.ts'
import type { Call, Declared, Run, Snapshot, UploadRow } from './run.ts'
import { isOver } from './states.ts'

const durability: Invariant = {
  id: 'I12',
  says: 'every 201 has its record, as declared; every record was asked for, once; a refusal left none',
  check: (run) => together(acknowledged(run), askedFor(run)),
}

const issued = (run: Run): Call[] => run.calls.filter(({ op }) => op === 'issue')

function acknowledged(run: Run): Finding {
  const rows = new Map(run.uploads.map((row) => [row.id, row]))
  const answered = issued(run).filter(({ outcome }) => outcome === 'ok')
  return over(answered, (call) => {
    const shown = shownBy(call)
    const row = shown && rows.get(shown.id)
    if (!row) return `call ${call.call}: 201 for ${shown?.id}, and there is no record`
    if (row.tenant !== call.tenant) return `${row.id}: of tenant ${row.tenant}, not ${call.tenant}`
    if (shown.slot && keyOf(shown.slot.url) !== row.staging_key) {
      return `${row.id}: the slot is for another key than the record`
    }
    return isAsDeclared(row, call.sent.declared) ? null : `${row.id}: recorded other than declared`
  })
}

const isAsDeclared = (row: UploadRow, declared: Declared | undefined): boolean =>
  declared !== undefined &&
  row.profile === declared.profile &&
  row.filename === declared.filename &&
  row.content_type === declared.contentType &&
  row.size === declared.size &&
  row.sha256 === declared.sha256 &&
  row.metadata === JSON.stringify(declared.metadata)

/** Each request carries the number of its call, so that each record names the one that made it. */
function askedFor(run: Run): Finding {
  const calls = new Map(issued(run).map((call) => [String(call.call), call]))
  const byCall = groupBy(
    run.uploads,
    ({ metadata }) => (JSON.parse(metadata) as { call?: string }).call ?? '',
  )
  return over(byCall, ([number, rows]) => {
    const call = calls.get(number)
    const ids = rows.map(({ id }) => id).join(', ')
    if (!call) return `${ids}: nobody asked for it`
    if (call.outcome === 'fail') return `${ids}: call ${number} was refused, and left a record`
    return rows.length === 1 ? null : `${ids}: call ${number} made ${rows.length} records`
  })
}

const quotas: Invariant = {
  id: 'I15',
  says: 'at every moment what is reserved is what the open uploads add up to, and within the quota',
  check: (run) => over(run.snapshots, (snapshot) => judgeQuota(run, snapshot)),
}

function judgeQuota(run: Run, { at, tenant, profile, kept, counted }: Snapshot): string | null {
  const limits = run.settings.profiles[profile]
  const where = `${new Date(at).toISOString()} ${tenant}/${profile}`
  const text = `${kept.slots} slots and ${kept.bytes} bytes`
  if (kept.slots !== counted.slots || kept.bytes !== counted.bytes) {
    return `${where}: ${text} kept, ${counted.slots} and ${counted.bytes} counted`
  }
  const isWithin =
    limits && counted.slots <= limits.openSlots && counted.bytes <= limits.reservedBytes
  return isWithin ? null : `${where}: ${text} are more than the quota`
}

const naming: Invariant = {
  id: 'I17',
  says: 'every sealed object is named by a record',
  check: (run) => {
    const named = new Set([...run.uploads, ...run.claims].map(({ sealed_key }) => sealed_key))
    const sealed = run.objects.filter(({ key }) => key.startsWith('objects/'))
    return over(sealed, ({ key }) => (named.has(key) ? null : `${key}: no record names it`))
  },
}

const tidiness: Invariant = {
  id: 'I18',
  says: 'in the end staging is empty, and the objects are those of the ready uploads, no more',
  check: (run) => {
    const ready = new Set(
      run.uploads.filter(({ state }) => state === 'ready').map(({ sealed_key }) => sealed_key),
    )
    return over(run.objects, ({ key }) =>
      ready.has(key) ? null : `${key}: left over, of no ready upload`,
    )
  },
}

const progress: Invariant = {
  id: 'I24',
  says: 'every upload is over; what was open when load and faults had ended, within its deadline, a lease and 10 s',
  check: (run) => together(stuck(run), late(run)),
}

const stuck = (run: Run): Finding =>
  over(run.uploads, ({ id, state }) => (isOver(state) ? null : `${id}: still ${state}`))

function late(run: Run): Finding {
  const { healedAt, leaseSeconds, slackSeconds } = run.settings
  const allowedMs = (leaseSeconds + slackSeconds) * 1000
  const rows = new Map(run.uploads.map((row) => [row.id, row]))
  const ends = run.transitions.filter((step) => isOver(step.state))
  const endedAt = new Map(ends.reverse().map(({ upload_id, at }) => [upload_id, at]))
  return over(run.openAtHeal, ({ id, state, due_at, land_by }) => {
    const row = rows.get(id)
    const end = endedAt.get(id)
    if (!row || end === undefined)
      return `${id}: was ${state} when the faults ended, and never ended`
    const deadline = Math.max(healedAt, due_at ?? 0, state === 'pending' ? land_by : 0, landBy(row))
    const lateMs = end - deadline - allowedMs
    return lateMs <= 0 ? null : `${id}: was ${state}, and over ${lateMs} ms too late`
  })
}

// A renewal after the faults moves it, and an object that was gone again makes it count once more.
const landBy = ({ land_by, state }: UploadRow): number => (state === 'expired' ? land_by : 0)

const accounting: Invariant = {
  id: 'I25',
  says: 'every event that was taken in ended as matched or ignored',
  check: (run) =>
    over(run.inbox, ({ digest, state }) =>
      state === 'matched' || state === 'ignored' ? null : `event ${digest.slice(0, 12)}: ${state}`,
    ),
}

export const recordInvariants: Invariant[] = [
  durability,
  quotas,
  naming,
  tidiness,
  progress,
  accounting,
]
