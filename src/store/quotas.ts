/**
 * Open slots and reserved bytes per tenant and profile. A group of writes settles them last and in
 * one order: everybody needs these rows, so they are held briefly, and never in a circle.
 */

import type { Transaction } from 'kysely'
import type { Upload } from '../upload/upload.ts'
import type { Schema } from './schema.ts'

export type Quota = { openSlots: number; reservedBytes: number }

/** A new upload that wants room. */
export type Candidate = { upload: Upload; quota: Quota; isAdmitted: boolean }

export type Ledger = {
  /** `sign` -1 gives back at a final state; +1 takes again when an operator reopens a failed one. */
  adjust: (upload: Upload, sign: 1 | -1) => void
  /** Whether there was room is known once the ledger is settled. */
  admit: (candidate: Candidate) => void
  /** @returns the candidates that were admitted. */
  settle: (trx: Transaction<Schema>) => Promise<Candidate[]>
}

type Usage = { slots: number; bytes: number }
type Account = Pick<Upload, 'tenant' | 'profile'> & { change: Usage; candidates: Candidate[] }

export function createLedger(): Ledger {
  const accounts = new Map<string, Account>()
  const accountOf = ({ tenant, profile }: Upload): Account => {
    const name = `${tenant}/${profile}`
    const opened = { tenant, profile, change: { slots: 0, bytes: 0 }, candidates: [] }
    const account = accounts.get(name) ?? opened
    accounts.set(name, account)
    return account
  }
  return {
    adjust: (upload, sign) => add(accountOf(upload).change, upload, sign),
    admit: (candidate) => void accountOf(candidate.upload).candidates.push(candidate),
    settle: async (trx) => {
      const inOrder = [...accounts].sort(([a], [b]) => (a < b ? -1 : 1))
      for (const [, account] of inOrder) await settleAccount(trx, account)
      const candidates = inOrder.flatMap(([, account]) => account.candidates)
      return candidates.filter(({ isAdmitted }) => isAdmitted)
    },
  }
}

const add = (usage: Usage, { declared }: Upload, sign: 1 | -1): void => {
  usage.slots += sign
  usage.bytes += sign * declared.size
}

async function settleAccount(trx: Transaction<Schema>, account: Account): Promise<void> {
  const { change, candidates } = account
  if (candidates.length > 0) {
    const used = await holdUsage(trx, account)
    const free = { slots: used.slots + change.slots, bytes: used.bytes + change.bytes }
    for (const candidate of candidates) admitInto(free, change, candidate)
  }
  if (change.slots !== 0 || change.bytes !== 0) await apply(trx, account)
}

/** First come, first served; one that is too large leaves room for a smaller one after it. */
function admitInto(used: Usage, change: Usage, candidate: Candidate): void {
  const { upload, quota } = candidate
  candidate.isAdmitted =
    used.slots < quota.openSlots && used.bytes + upload.declared.size <= quota.reservedBytes
  if (!candidate.isAdmitted) return
  add(used, upload, 1)
  add(change, upload, 1)
}

/** What is used now, and nobody else changes it until this transaction ends. */
async function holdUsage(trx: Transaction<Schema>, { tenant, profile }: Account): Promise<Usage> {
  const { open_slots, reserved_bytes } = await trx
    .insertInto('quotas')
    .values({ tenant, profile, open_slots: 0, reserved_bytes: 0 })
    // Sets what is there already: an update that changes nothing still takes the row.
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'profile'])
        .doUpdateSet((row) => ({ open_slots: row.ref('quotas.open_slots') })),
    )
    .returning(['open_slots', 'reserved_bytes'])
    .executeTakeFirstOrThrow()
  return { slots: open_slots, bytes: reserved_bytes }
}

const apply = (trx: Transaction<Schema>, { tenant, profile, change }: Account) =>
  trx
    .updateTable('quotas')
    .set((row) => ({
      open_slots: row('open_slots', '+', change.slots),
      reserved_bytes: row('reserved_bytes', '+', change.bytes),
    }))
    .where('tenant', '=', tenant)
    .where('profile', '=', profile)
    .execute()
