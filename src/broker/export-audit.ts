/** Every transition of a span of time, oldest first, with bounded memory however many there are. */

import { listAudit, type AuditEntry, type AuditSpan } from '../store/audit.ts'
import type { Deps } from './deps.ts'

const PAGE = 1_000

export async function* exportAudit(
  { store }: Pick<Deps, 'store'>,
  span: AuditSpan,
  page = PAGE,
): AsyncGenerator<AuditEntry> {
  let last: AuditEntry | null = null
  for (;;) {
    const entries: AuditEntry[] = await listAudit(store, span, last, page)
    yield* entries
    last = entries.at(-1) ?? null
    if (entries.length < page) return
  }
}
