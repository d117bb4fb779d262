/** Sealed copies by their recorded names, so that none is ever left behind or taken too early. */

import type { Insertable, Selectable, Transaction } from 'kysely'
import type { ClaimsTable, Schema } from './schema.ts'
import type { Store } from './store.ts'

export type Claim = Pick<Selectable<ClaimsTable>, 'bucket' | 'sealed_key'> & {
  /** Bytes that the upload declared. */
  size: number
}

export const rememberClaim = (trx: Transaction<Schema>, claim: Insertable<ClaimsTable>) =>
  trx.insertInto('claims').values(claim).execute()

/** The attempt is over without a ready object; its worker may still be writing for a while. */
export const postponeClaim = (trx: Transaction<Schema>, sealedKey: string, at: Date) =>
  trx
    .updateTable('claims')
    .set((row) => ({ collect_at: row('grace_ms', '+', at.getTime()) }))
    .where('sealed_key', '=', sealedKey)
    .execute()

/** The sealed copy has become the object, or is gone. */
export const forgetClaim = (trx: Transaction<Schema>, sealedKey: string) =>
  trx.deleteFrom('claims').where('sealed_key', '=', sealedKey).execute()

type Doomed = { sealedKey: string | null; bucket: string; id: string; fence: number; at: Date }

export async function keepForCollection(trx: Transaction<Schema>, doomed: Doomed): Promise<void> {
  if (doomed.sealedKey === null) return
  await rememberClaim(trx, {
    sealed_key: doomed.sealedKey,
    bucket: doomed.bucket,
    upload_id: doomed.id,
    fence: doomed.fence,
    grace_ms: 0,
    collect_at: doomed.at.getTime(),
  })
}

/** Claims old enough whose attempt is superseded or over: no living worker can still write there. */
export function listAbandonedClaims(store: Store, now: Date, limit: number): Promise<Claim[]> {
  return store.db
    .selectFrom('claims')
    .innerJoin('uploads', 'uploads.id', 'claims.upload_id')
    .select(['claims.bucket', 'claims.sealed_key', 'uploads.size'])
    .where('claims.collect_at', '<=', now.getTime())
    .where((row) =>
      row.or([
        row('uploads.state', '<>', 'verifying'),
        row('uploads.fence', '<>', row.ref('claims.fence')),
      ]),
    )
    .orderBy('claims.collect_at')
    .limit(limit)
    .execute()
}

export const dropClaim = (store: Store, sealedKey: string): Promise<unknown> =>
  store.write((trx) => forgetClaim(trx, sealedKey), sealedKey)
