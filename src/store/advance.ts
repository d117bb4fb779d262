/** The one way a state changes: compare-and-set, audit, quota, claims and outbox in one transaction. */

import type { Transaction } from 'kysely'
import { isFinal, isLegal } from '../upload/transitions.ts'
import type { Cause, Upload, UploadState } from '../upload/upload.ts'
import { postponeClaim } from './claims.ts'
import { announce } from './outbox.ts'
import type { Ledger } from './quotas.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'
import { toUpload, type UploadUpdate } from './upload-row.ts'

export type Step = {
  to: UploadState
  cause: Cause
  at: Date
  /** Why, in words for the history. Never a key, never a secret. */
  detail?: string
  set?: UploadUpdate
  /** Work that another node may be taking right now: then it is passed over, not waited for. */
  isClaim?: boolean
  /** Decided because `landBy` has passed: a renewal moves that without a version, and must win. */
  isByDeadline?: boolean
  /** Other rows that stand or fall with the change. */
  also?: (trx: Transaction<Schema>) => Promise<unknown>
}

/** Null when somebody else moved the upload first, which is not an error. */
export async function advance(store: Store, upload: Upload, asked: Step): Promise<Upload | null> {
  if (!isLegal(upload.state, asked.to)) {
    throw new Error(`illegal transition ${upload.state} -> ${asked.to}`)
  }
  const step = { ...asked, at: notBefore(upload.updatedAt, asked.at) }
  const moved = await store.write(async (trx, ledger) => {
    const row = await compareAndSet(trx, upload, step, store.skipsLocked)
    if (!row) return null
    await audit(trx, upload, step)
    settleQuota(ledger, upload, step.to)
    await settleClaim(trx, upload, step)
    await step.also?.(trx)
    const changed = toUpload(row)
    if (isFinal(step.to)) await announce(trx, changed, step.at)
    return changed
  }, upload.id)
  if (moved) store.changes.announce(moved.id, moved.version)
  return moved
}

/** Two nodes' clocks differ by some milliseconds, and a history that goes back in time helps nobody. */
const notBefore = (last: Date, at: Date): Date => (at < last ? last : at)

const compareAndSet = (
  trx: Transaction<Schema>,
  upload: Upload,
  step: Step,
  skipsLocked: boolean,
) =>
  trx
    .updateTable('uploads')
    .set({
      ...step.set,
      state: step.to,
      version: upload.version + 1,
      updated_at: step.at.getTime(),
    })
    .where('id', '=', upload.id)
    .where('state', '=', upload.state)
    .where('version', '=', upload.version)
    .where('fence', '=', upload.fence)
    .$if(step.isByDeadline === true, (query) =>
      query.where('land_by', '=', upload.landBy.getTime()),
    )
    .$if(skipsLocked && step.isClaim === true, (query) =>
      query.where('id', 'in', (rows) =>
        rows
          .selectFrom('uploads')
          .select('id')
          .where('id', '=', upload.id)
          .forUpdate()
          .skipLocked(),
      ),
    )
    .returningAll()
    .executeTakeFirst()

const audit = (trx: Transaction<Schema>, upload: Upload, { to, at, cause, detail }: Step) =>
  trx
    .insertInto('transitions')
    .values({
      upload_id: upload.id,
      version: upload.version + 1,
      state: to,
      previous_version: upload.version,
      previous_state: upload.state,
      at: at.getTime(),
      cause,
      detail: detail ?? null,
    })
    .execute()

function settleQuota(ledger: Ledger, upload: Upload, to: UploadState): void {
  const wasOpen = !isFinal(upload.state)
  const isOpen = !isFinal(to)
  if (wasOpen !== isOpen) ledger.adjust(upload, isOpen ? 1 : -1)
}

async function settleClaim(trx: Transaction<Schema>, upload: Upload, { to, at }: Step) {
  if (upload.state !== 'verifying' || to === 'ready' || upload.sealedKey === null) return
  await postponeClaim(trx, upload.sealedKey, at)
}
