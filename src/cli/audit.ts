/** `berth audit --since TIME [--until TIME]`: every transition, one JSON line each, oldest first. */

import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { exportAudit } from '../broker/export-audit.ts'
import type { DatabaseConfig } from '../config.ts'
import type { AuditSpan } from '../store/audit.ts'
import type { Store } from '../store/store.ts'
import { printLines } from './print-lines.ts'
import { UsageError } from './usage.ts'
import { withStore } from './with-store.ts'

export async function audit(database: DatabaseConfig, args: string[], to: Writable): Promise<void> {
  const span = wanted(args)
  await withStore(database, (store) => printLines(linesOf(store, span), to))
}

async function* linesOf(store: Store, span: AuditSpan): AsyncGenerator<string> {
  for await (const entry of exportAudit({ store }, span)) yield JSON.stringify(entry)
}

function wanted(args: string[]): AuditSpan {
  const { values } = parseArgs({
    args,
    options: { since: { type: 'string' }, until: { type: 'string' } },
  })
  const until = values.until === undefined ? new Date() : momentOf('--until', values.until)
  return { since: momentOf('--since', values.since), until }
}

const Moment = z.iso.datetime({ offset: true })

function momentOf(option: string, text: string | undefined): Date {
  const parsed = Moment.safeParse(text)
  if (parsed.success) return new Date(parsed.data)
  throw new UsageError(`expected ${option} with an RFC 3339 time like 2026-01-31T00:00:00Z`)
}
