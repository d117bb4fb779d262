/** Upload tokens: what each has used, counted in the transaction of the inserts. */

import type { Trx } from './idempotency.ts'
import type { Store } from './store.ts'

export type TokenLimits = { id: string; maxUploads: number; maxBytes: number; expiresAt: Date }

/** False, with nothing counted, when the token does not allow one more upload of this size. */
export async function takeFromToken(trx: Trx, token: TokenLimits, size: number): Promise<boolean> {
  if (await take(trx, token, size)) return true
  const { id, expiresAt } = token
  await trx
    .insertInto('upload_tokens')
    .values({ id, used_uploads: 0, used_bytes: 0, expires_at: expiresAt.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return take(trx, token, size)
}

async function take(trx: Trx, { id, maxUploads, maxBytes }: TokenLimits, size: number) {
  const { numUpdatedRows } = await trx
    .updateTable('upload_tokens')
    .set((row) => ({
      used_uploads: row('used_uploads', '+', 1),
      used_bytes: row('used_bytes', '+', size),
    }))
    .where('id', '=', id)
    .where('used_uploads', '<', maxUploads)
    .where('used_bytes', '<=', maxBytes - size)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** For an upload that was not inserted after all. */
export const giveBackToToken = (trx: Trx, { id }: TokenLimits, size: number): Promise<unknown> =>
  trx
    .updateTable('upload_tokens')
    .set((row) => ({
      used_uploads: row('used_uploads', '-', 1),
      used_bytes: row('used_bytes', '-', size),
    }))
    .where('id', '=', id)
    .execute()

/** A token that has expired is refused whatever it has used. @returns how many went. */
export async function deleteExpiredTokens(
  store: Store,
  before: Date,
  limit: number,
): Promise<number> {
  const { numDeletedRows } = await store.write((trx) =>
    trx
      .deleteFrom('upload_tokens')
      .where('id', 'in', (query) =>
        query
          .selectFrom('upload_tokens')
          .select('id')
          .where('expires_at', '<=', before.getTime())
          .limit(limit),
      )
      .executeTakeFirstOrThrow(),
  )
  return Number(numDeletedRows)
}
