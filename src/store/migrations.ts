/** Every migration, in order, and what it asks of programs that were written before it. */

import type { Kysely, Migration } from 'kysely'
import { up as uploads } from './migrations/0001-uploads.ts'
import { up as arrivals } from './migrations/0002-arrivals.ts'
import { up as capabilities } from './migrations/0003-capabilities.ts'
import { up as probes } from './migrations/0004-probes.ts'
import { up as settledEvents } from './migrations/0005-settled-events.ts'
import { up as cleanUp } from './migrations/0010-clean-up.ts'
import { up as webhooks } from './migrations/0020-webhooks.ts'
import { up as idempotencyKeys } from './migrations/0030-idempotency-keys.ts'
import { up as uploadTokens } from './migrations/0031-upload-tokens.ts'
import { up as rateCounts } from './migrations/0032-rate-counts.ts'
import { up as parts } from './migrations/0040-parts.ts'
import { up as tallies } from './migrations/0060-tallies.ts'
import { up as schemaSteps } from './migrations/0070-schema-steps.ts'
import { up as trace } from './migrations/0071-trace.ts'

/**
 * `expanding`: programs that do not know it run on what it leaves, also while others that know it
 * write beside them. `contracting`: only programs that know the migration `since` do.
 */
type Step = { kind: 'expanding' } | { kind: 'contracting'; since: string }

type Up = (db: Kysely<unknown>) => Promise<void>

const EXPANDING: Step = { kind: 'expanding' }

/** Every program that asks what others say of themselves knows these, so they say nothing. */
const SILENT: Record<string, Up> = {
  '0001-uploads': uploads,
  '0002-arrivals': arrivals,
  '0003-capabilities': capabilities,
  '0004-probes': probes,
  '0005-settled-events': settledEvents,
  '0010-clean-up': cleanUp,
  '0020-webhooks': webhooks,
  '0030-idempotency-keys': idempotencyKeys,
  '0031-upload-tokens': uploadTokens,
  '0032-rate-counts': rateCounts,
  '0040-parts': parts,
  '0060-tallies': tallies,
}

const DECLARED: Record<string, { up: Up; step: Step }> = {
  '0070-schema-steps': { up: schemaSteps, step: EXPANDING },
  '0071-trace': { up: trace, step: EXPANDING },
}

/** Each writes down, in its own transaction, what it asks of older programs. */
export const MIGRATIONS: Record<string, Migration> = {
  ...Object.fromEntries(Object.entries(SILENT).map(([name, up]) => [name, { up }])),
  ...Object.fromEntries(
    Object.entries(DECLARED).map(([name, { up, step }]) => [name, declaring(name, up, step)]),
  ),
}

function declaring(name: string, up: Up, step: Step): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      await up(db)
      await db
        .withTables<{ schema_steps: StepRow }>()
        .insertInto('schema_steps')
        .values({ name, kind: step.kind, since: step.kind === 'contracting' ? step.since : null })
        .execute()
    },
  }
}

export type StepRow = { name: string; kind: Step['kind']; since: string | null }
