/** `berth keys create | list | revoke`. */

import { parseArgs } from 'node:util'
import {
  createApiKey,
  listKeys,
  revokeKey,
  SCOPES,
  type KeyTerms,
  type Scope,
} from '../broker/api-keys.ts'
import type { DatabaseConfig } from '../config.ts'
import type { Store } from '../store/store.ts'
import { UsageError } from './usage.ts'
import { withStore } from './with-store.ts'

type KeyDeps = { store: Store; now: () => Date }

/** @param print writes one line to stdout. */
export async function keys(
  database: DatabaseConfig,
  args: string[],
  print: (line: string) => void,
): Promise<void> {
  const [action, ...rest] = args
  const run = action === undefined ? undefined : ACTIONS[action]
  if (!run) throw new UsageError('expected berth keys create, list or revoke')
  const lines = await withStore(database, (store) => run({ store, now: store.clock.now }, rest))
  for (const line of lines) print(line)
}

const ACTIONS: Record<string, (deps: KeyDeps, args: string[]) => Promise<string[]>> = {
  create: async (deps, args) => [await createApiKey(deps, keyTerms(args, deps.now()))],
  list: async (deps) => (await listKeys(deps)).map((key) => JSON.stringify(key)),
  revoke: async (deps, [id]) => {
    if (id === undefined) throw new UsageError('expected berth keys revoke ID')
    if (!(await revokeKey(deps, id))) throw new Error(`there is no key ${id}`)
    return []
  },
}

function keyTerms(args: string[], now: Date): KeyTerms {
  const options = {
    tenant: { type: 'string' },
    scopes: { type: 'string' },
    expires: { type: 'string' },
  }
  const { values } = parseArgs({
    args,
    options: options as Record<keyof typeof options, { type: 'string' }>,
  })
  const { tenant, scopes, expires } = values
  if (tenant === undefined || !/^[A-Za-z0-9_.-]{1,64}$/.test(tenant)) {
    throw new UsageError('expected --tenant with 1 to 64 of A-Z a-z 0-9 _ . -')
  }
  return {
    tenant,
    scopes: toScopes(scopes ?? ''),
    expiresAt: expires === undefined ? null : expiryOf(expires, now),
  }
}

function toScopes(list: string): Scope[] {
  const scopes = list.split(',')
  if (!scopes.every((scope): scope is Scope => (SCOPES as readonly string[]).includes(scope))) {
    throw new UsageError(`expected --scopes with some of ${SCOPES.join(',')}`)
  }
  return scopes
}

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function expiryOf(span: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(span) ?? []
  const unitMs = UNIT_MS[unit ?? '']
  if (unitMs === undefined) throw new UsageError('expected --expires like 90d, 12h, 30m or 60s')
  return new Date(now.getTime() + Number(count) * unitMs)
}
