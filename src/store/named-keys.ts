/** Which objects the records name: what lies there because an upload needs it, or is about to be collected. */

import type { Store } from './store.ts'
import { uploadIdFromKey } from '../upload/keys.ts'

/**
 * Of these keys, those that a record names. A staging key is named until its object is recorded as
 * gone; a sealed key by the verifying or ready upload, or by the claim of a lost attempt.
 */
export async function namedKeys(
  store: Store,
  bucket: string,
  keys: readonly string[],
): Promise<Set<string>> {
  // In this order: what leaves a record while we look is by then among the claims, or gone.
  const byUploads = await namedByUploads(store, bucket, keys)
  const byClaims = await namedByClaims(store, bucket, keys)
  return new Set([...byUploads, ...byClaims])
}

async function namedByUploads({ db }: Store, bucket: string, keys: readonly string[]) {
  const ids = [...new Set(keys.map(uploadIdFromKey))].filter((id) => id !== null)
  if (ids.length === 0) return []
  const uploads = await db
    .selectFrom('uploads')
    .select(['state', 'staging_key', 'staging_due_at', 'sealed_key'])
    .where('id', 'in', ids)
    .where('bucket', '=', bucket)
    .execute()
  return uploads.flatMap(({ state, staging_key, staging_due_at, sealed_key }) => [
    ...(staging_due_at === null ? [] : [staging_key]),
    ...(sealed_key !== null && (state === 'verifying' || state === 'ready') ? [sealed_key] : []),
  ])
}

async function namedByClaims({ db }: Store, bucket: string, keys: readonly string[]) {
  if (keys.length === 0) return []
  const claims = await db
    .selectFrom('claims')
    .select('sealed_key')
    .where('sealed_key', 'in', keys)
    .where('bucket', '=', bucket)
    .execute()
  return claims.map(({ sealed_key }) => sealed_key)
}
