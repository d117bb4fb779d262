/** Looks at the quotas and at what the rows add up to, in one statement, again and again. */

import type { Snapshot } from './check/run.ts'
import type { Records } from './cluster/records.ts'
import type { Lines } from './lines.ts'
import { pause } from './pause.ts'

const EVERY_MS = 1_000

const OPEN = `u.tenant = q.tenant and u.profile = q.profile and u.state in ('pending','received','verifying')`

const STATEMENT = `select q.tenant, q.profile, q.open_slots, q.reserved_bytes,
    (select count(*) from uploads u where ${OPEN}) as slots,
    (select coalesce(sum(u.size), 0) from uploads u where ${OPEN}) as bytes
  from quotas q`

type Row = {
  tenant: string
  profile: string
  open_slots: number
  reserved_bytes: number
  slots: number
  bytes: number
}

/** @returns how to stop it. */
export function watchQuotas(records: Records, lines: Lines): () => Promise<void> {
  let isOver = false
  const watch = async (): Promise<void> => {
    while (!isOver) {
      // A database that is away cannot be asked; it is asked again.
      for (const row of await records.query<Row>(STATEMENT).catch(() => [])) {
        lines.write(toSnapshot(row))
      }
      await pause(EVERY_MS)
    }
  }
  const watching = watch()
  return async () => {
    isOver = true
    await watching
  }
}

const toSnapshot = (row: Row): Snapshot => ({
  at: Date.now(),
  tenant: row.tenant,
  profile: row.profile,
  kept: { slots: row.open_slots, bytes: row.reserved_bytes },
  counted: { slots: row.slots, bytes: row.bytes },
})
