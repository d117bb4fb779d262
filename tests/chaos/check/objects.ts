/** I2 to I4, I13, I14: what lies at the final keys. */

import { shownBy } from './answers.ts'
import { over, together, type Finding, type Invariant } from './invariant.ts'
import type { Run, UploadRow } from './run.ts'

type Recorded = { size: number; sha256: string; scan: string }

const recordedBy = ({ object }: UploadRow): Recorded => JSON.parse(object ?? '{}') as Recorded

const inState = (run: Run, ...states: string[]): UploadRow[] =>
  run.uploads.filter(({ state }) => states.includes(state))

const storedAt = (run: Run) => new Map(run.objects.map((object) => [object.key, object]))

const truth: Invariant = {
  id: 'I2',
  says: 'of every ready upload the object exists, and size and SHA-256 are as recorded and as told',
  check: (run) => together(scan(run), told(run)),
}

function scan(run: Run): Finding {
  const stored = storedAt(run)
  return over(inState(run, 'ready'), (row) => {
    const object = stored.get(row.sealed_key ?? '')
    const { size, sha256 } = recordedBy(row)
    if (!object) return `${row.id}: ready, and its object is missing`
    if (object.size !== size) return `${row.id}: ${object.size} bytes, recorded ${size}`
    return object.sha256 === sha256 ? null : `${row.id}: other bytes than recorded`
  })
}

function told(run: Run): Finding {
  const recorded = new Map(inState(run, 'ready', 'deleted').map((row) => [row.id, recordedBy(row)]))
  const answers = run.calls.flatMap((call) => shownBy(call) ?? [])
  const withObject = answers.flatMap(({ id, object }) => (object ? [{ id, object }] : []))
  return over(withObject, ({ id, object }) => {
    const same = recorded.get(id)
    if (same?.sha256 === object.sha256 && same.size === object.size) return null
    return `${id}: a client was told of other bytes than are recorded`
  })
}

// The store's clock has milliseconds, its listing may have seconds.
const LISTING_MS = 1_000

const permanence: Invariant = {
  id: 'I3',
  says: 'the bytes at a final key are written before ready, and never after; every download is equal',
  check: (run) => together(lastWrites(run), downloads(run)),
}

function lastWrites(run: Run): Finding {
  const stored = storedAt(run)
  const readyAt = new Map(
    run.transitions.filter(({ state }) => state === 'ready').map((row) => [row.upload_id, row.at]),
  )
  const kept = inState(run, 'ready').filter(({ sealed_key }) => stored.has(sealed_key ?? ''))
  return over(kept, ({ id, sealed_key }) => {
    const written = stored.get(sealed_key ?? '')?.lastModified ?? 0
    const isBefore = written <= (readyAt.get(id) ?? 0) + LISTING_MS
    return isBefore ? null : `${id}: its object was written after it was ready`
  })
}

function downloads(run: Run): Finding {
  const rows = new Map(run.uploads.map((row) => [row.id, row]))
  const fetched = run.calls.filter(({ op, outcome }) => op === 'fetch' && outcome === 'ok')
  return over(fetched, ({ upload, answer }) => {
    const row = rows.get(upload ?? '')
    const { sha256 } = answer as { sha256: string }
    if (row && recordedBy(row).sha256 === sha256) return null
    return `${upload}: a download was of other bytes than are recorded`
  })
}

const secrecy: Invariant = {
  id: 'I4',
  says: 'an upload that is not ready has no final object, and no object is readable without credentials',
  check: (run) => together(unready(run), anonymity(run)),
}

function unready(run: Run): Finding {
  const ids = new Set(run.objects.map(({ key }) => /^objects\/(\w+)\//.exec(key)?.[1]))
  const others = run.uploads.filter(({ state }) => state !== 'ready')
  return over(others, ({ id, state }) =>
    ids.has(id) ? `${id}: ${state}, and there is a final object` : null,
  )
}

const anonymity = (run: Run): Finding =>
  over(run.objects, ({ key, anonymous }) =>
    anonymous === 403 || anonymous === 404 ? null : `${key}: ${anonymous} to an anonymous GET`,
  )

const scanning: Invariant = {
  id: 'I13',
  says: 'nothing is ready without the scan that its profile asks for',
  check: (run) =>
    over(inState(run, 'ready', 'deleted'), (row) => {
      const wanted = run.settings.profiles[row.profile]?.scan === 'required' ? 'clean' : 'off'
      const { scan: found } = recordedBy(row)
      return found === wanted ? null : `${row.id}: scan ${found}, expected ${wanted}`
    }),
}

const sizes: Invariant = {
  id: 'I14',
  says: 'no ready object is larger than its profile allows, or of another size than was reserved',
  check: (run) =>
    over(inState(run, 'ready', 'deleted'), (row) => {
      const { size } = recordedBy(row)
      const limit = run.settings.profiles[row.profile]?.maxSize ?? 0
      if (size > limit) return `${row.id}: ${size} bytes, at most ${limit} are allowed`
      return size === row.size ? null : `${row.id}: ${size} bytes, ${row.size} were reserved`
    }),
}

export const objectInvariants: Invariant[] = [truth, permanence, secrecy, scanning, sizes]
