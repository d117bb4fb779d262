/** API keys: made, checked, listed and revoked. The secret is shown once and stored as a hash. */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { unauthenticated } from '../problems.ts'
import {
  insertApiKey,
  listApiKeys,
  recordApiKeyUse,
  revokeApiKey,
  type ApiKeyRow,
} from '../store/api-keys.ts'
import type { Caller, Deps } from './deps.ts'

export const SCOPES = ['uploads:write', 'uploads:read', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

export type KeyTerms = { tenant: string; scopes: readonly Scope[]; expiresAt: Date | null }

export type KeyDeps = Pick<Deps, 'store' | 'now'>

export type CheckDeps = KeyDeps & {
  /** As it is at this moment. */
  findKey: (id: string) => Promise<ApiKeyRow | null>
  /** When this node last recorded a use of each key: a burst of requests is one write. */
  keyUses: Map<string, number>
}

const TOKEN = /^berth_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/
const USE_RECORDED_EVERY_MS = 60_000
const MOST_KEYS = 10_000

/** @returns the whole key; it cannot be shown again. */
export async function createApiKey({ store, now }: KeyDeps, terms: KeyTerms): Promise<string> {
  const id = randomBytes(8).toString('hex')
  const secret = randomBytes(32).toString('base64url')
  await insertApiKey(store, {
    id,
    tenant: terms.tenant,
    secret_hash: hashOf(secret).toString('hex'),
    scopes: JSON.stringify(terms.scopes),
    created_at: now().getTime(),
    expires_at: terms.expiresAt?.getTime() ?? null,
  })
  return `berth_${id}_${secret}`
}

/** Throws `unauthenticated`, with the same words whatever is wrong with the key. */
export async function checkApiKey(
  { store, now, findKey, keyUses }: CheckDeps,
  token: string,
): Promise<Caller> {
  const [, id, secret] = TOKEN.exec(token) ?? []
  // Asked every time, and not kept: a revoked key ends at once, on every node.
  const row = id === undefined ? null : await findKey(id)
  // Compared also when there is no such key, so that the time tells nothing.
  const matches = isSecretOf(row, secret ?? '')
  if (!row || !matches || !isAlive(row, now())) {
    throw unauthenticated('the credential is unknown, revoked or expired')
  }
  if (isNewUse(keyUses, row, now())) noteUse(store, row, now())
  const scopes = JSON.parse(row.scopes) as string[]
  return { tenant: row.tenant, keyId: row.id, scopes, token: null }
}

export async function listKeys({ store }: KeyDeps) {
  const rows = await listApiKeys(store)
  return rows.map((row) => ({ ...row, secret_hash: undefined }))
}

/** False when there is no such key. */
export const revokeKey = ({ store, now }: KeyDeps, id: string): Promise<boolean> =>
  revokeApiKey(store, id, now())

const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer')

const isSecretOf = (row: ApiKeyRow | null, secret: string): boolean =>
  timingSafeEqual(Buffer.from(row?.secret_hash ?? '0'.repeat(64), 'hex'), hashOf(secret))

const isAlive = ({ revoked_at, expires_at }: ApiKeyRow, now: Date): boolean =>
  revoked_at === null && (expires_at === null || expires_at > now.getTime())

function isNewUse(keyUses: Map<string, number>, row: ApiKeyRow, now: Date): boolean {
  const lastUse = Math.max(row.last_used_at ?? 0, keyUses.get(row.id) ?? 0)
  if (now.getTime() - lastUse < USE_RECORDED_EVERY_MS) return false
  if (keyUses.size >= MOST_KEYS) keyUses.clear()
  keyUses.set(row.id, now.getTime())
  return true
}

function noteUse(store: Deps['store'], row: ApiKeyRow, now: Date): void {
  // Nobody waits for it, and a lost mark costs nothing.
  recordApiKeyUse(store, row.id, now).catch(() => undefined)
}
