/** API keys: only a hash of the secret is stored. */

import type { Selectable } from 'kysely'
import { prepared } from './prepared.ts'
import type { ApiKeysTable } from './schema.ts'
import type { Store } from './store.ts'

export type ApiKeyRow = Selectable<ApiKeysTable>

export type NewApiKey = Pick<
  ApiKeyRow,
  'id' | 'tenant' | 'secret_hash' | 'scopes' | 'created_at' | 'expires_at'
>

export const insertApiKey = (store: Store, key: NewApiKey): Promise<unknown> =>
  store.write((trx) =>
    trx
      .insertInto('api_keys')
      .values({ ...key, revoked_at: null, last_used_at: null })
      .execute(),
  )

export async function findApiKey(store: Store, id: string): Promise<ApiKeyRow | null> {
  const { rows } = await selectApiKey(store.db, { id })
  return rows[0] ?? null
}

const selectApiKey = prepared<Pick<ApiKeyRow, 'id'>, ApiKeyRow>((db, { id }) =>
  db.selectFrom('api_keys').selectAll().where('id', '=', id),
)

export const listApiKeys = (store: Store): Promise<ApiKeyRow[]> =>
  store.db.selectFrom('api_keys').selectAll().orderBy('created_at').execute()

/** False when there is no such key. Revoking twice keeps the first moment. */
export async function revokeApiKey(store: Store, id: string, at: Date): Promise<boolean> {
  await store.write((trx) =>
    trx
      .updateTable('api_keys')
      .set({ revoked_at: at.getTime() })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute(),
  )
  return (await findApiKey(store, id)) !== null
}

export const recordApiKeyUse = (store: Store, id: string, at: Date): Promise<unknown> =>
  store.write(
    (trx) =>
      trx
        .updateTable('api_keys')
        .set({ last_used_at: at.getTime() })
        .where('id', '=', id)
        .execute(),
    id,
  )
