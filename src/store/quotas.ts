/** Open slots and reserved bytes per tenant and profile, counted where the rows are written. */

import type { Transaction } from 'kysely'
import type { Upload } from '../upload/upload.ts'
import type { Schema } from './schema.ts'

export type Quota = { openSlots: number; reservedBytes: number }

type Trx = Transaction<Schema>

/** False, with nothing written, when the tenant has no room for one more upload of this profile. */
export async function reserve(trx: Trx, upload: Upload, quota: Quota): Promise<boolean> {
  if (await take(trx, upload, quota)) return true
  const { tenant, profile } = upload
  await trx
    .insertInto('quotas')
    .values({ tenant, profile, open_slots: 0, reserved_bytes: 0 })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return take(trx, upload, quota)
}

async function take(trx: Trx, { tenant, profile, declared }: Upload, quota: Quota) {
  const { numUpdatedRows } = await trx
    .updateTable('quotas')
    .set((row) => ({
      open_slots: row('open_slots', '+', 1),
      reserved_bytes: row('reserved_bytes', '+', declared.size),
    }))
    .where('tenant', '=', tenant)
    .where('profile', '=', profile)
    .where('open_slots', '<', quota.openSlots)
    .where('reserved_bytes', '<=', quota.reservedBytes - declared.size)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** `sign` -1 gives back at a final state; +1 takes again when an operator reopens a failed upload. */
export async function adjust(trx: Trx, upload: Upload, sign: 1 | -1): Promise<void> {
  await trx
    .updateTable('quotas')
    .set((row) => ({
      open_slots: row('open_slots', '+', sign),
      reserved_bytes: row('reserved_bytes', '+', sign * upload.declared.size),
    }))
    .where('tenant', '=', upload.tenant)
    .where('profile', '=', upload.profile)
    .execute()
}
