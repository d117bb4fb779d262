/** Idempotency keys: claimed before the work, finished in the transaction of the work. */

import type { Selectable, Transaction } from 'kysely'
import { idempotencyInProgress } from '../problems.ts'
import type { IdempotencyKeysTable, Schema } from './schema.ts'
import type { Store } from './store.ts'

export type Trx = Transaction<Schema>

export type IdempotencyRow = Selectable<IdempotencyKeysTable>

export type Claim = Pick<IdempotencyRow, 'digest' | 'fingerprint' | 'claim'> & {
  at: Date
  /** A claim from before this moment belongs to somebody who has died. */
  deadBefore: Date
  expiresAt: Date
}

/** Null: the key is ours now. Otherwise the row of whoever has it. */
export function claimKey(store: Store, claim: Claim): Promise<IdempotencyRow | null> {
  const { digest, fingerprint, at, deadBefore, expiresAt } = claim
  const fresh = {
    fingerprint,
    claim: claim.claim,
    claimed_at: at.getTime(),
    result: null,
    expires_at: expiresAt.getTime(),
  }
  return store.write(async (trx) => {
    const ours = await trx
      .insertInto('idempotency_keys')
      .values({ digest, ...fresh })
      .onConflict((conflict) =>
        conflict
          .column('digest')
          .doUpdateSet(fresh)
          .where((where) =>
            where.or([
              where('idempotency_keys.expires_at', '<=', at.getTime()),
              where.and([
                where('idempotency_keys.result', 'is', null),
                where('idempotency_keys.fingerprint', '=', fingerprint),
                where('idempotency_keys.claimed_at', '<=', deadBefore.getTime()),
              ]),
            ]),
          ),
      )
      .returning('claim')
      .executeTakeFirst()
    return ours ? null : ((await findIn(trx, digest)) ?? null)
  }, digest)
}

/** Null: nobody has used this key, or it is not known any more. */
export const findKey = async ({ db }: Store, digest: string): Promise<IdempotencyRow | null> =>
  (await findIn(db, digest)) ?? null

const findIn = (db: Pick<Store['db'], 'selectFrom'>, digest: string) =>
  db.selectFrom('idempotency_keys').selectAll().where('digest', '=', digest).executeTakeFirst()

/** Throws, and so undoes the transaction, when somebody else has taken the key over meanwhile. */
export async function finishKey(
  trx: Trx,
  { digest, claim }: Pick<Claim, 'digest' | 'claim'>,
  result: string,
): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable('idempotency_keys')
    .set({ result })
    .where('digest', '=', digest)
    .where('claim', '=', claim)
    .where('result', 'is', null)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw idempotencyInProgress()
}

/** A refused call leaves nothing behind: its key may be used again. */
export const releaseKey = (
  store: Store,
  { digest, claim }: Pick<Claim, 'digest' | 'claim'>,
): Promise<unknown> =>
  store.write(
    (trx) =>
      trx
        .deleteFrom('idempotency_keys')
        .where('digest', '=', digest)
        .where('claim', '=', claim)
        .where('result', 'is', null)
        .execute(),
    digest,
  )

/** @returns how many went. */
export async function deleteExpiredKeys(store: Store, now: Date, limit: number): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('idempotency_keys')
      .where('digest', 'in', (query) =>
        query
          .selectFrom('idempotency_keys')
          .select('digest')
          .where('expires_at', '<=', now.getTime())
          .limit(limit),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
