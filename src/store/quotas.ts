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
  /** Runs in the same transaction, once all is settled and the admitted uploads are inserted. */
  afterwards: (run: () => Promise<void>) => void
  finish: () => Promise<void>
  /** @returns the candidates that were admitted. */
  settle: (trx: Transaction<Schema>) => Promise<Candidate[]>
}

type Usage = { slots: number; bytes: number }
type Account = Pick<Upload, 'tenant' | 'profile'> & { change: Usage; candidates: Candidate[] }
type Held = Account & { used: Usage }

export function createLedger(): Ledger {
  const accounts = new Map<string, Account>()
  const later: (() => Promise<void>)[] = []
  const accountOf = ({ tenant, profile }: Upload): Account => {
    const name = nameOf({ tenant, profile })
    const opened = { tenant, profile, change: { slots: 0, bytes: 0 }, candidates: [] }
    const account = accounts.get(name) ?? opened
    accounts.set(name, account)
    return account
  }
  return {
    adjust: (upload, sign) => add(accountOf(upload).change, upload, sign),
    admit: (candidate) => void accountOf(candidate.upload).candidates.push(candidate),
    afterwards: (run) => void later.push(run),
    finish: async () => {
      for (const run of later) await run()
    },
    settle: async (trx) => {
      if (accounts.size === 0) return []
      const inOrder = [...accounts].sort(([a], [b]) => (a < b ? -1 : 1))
      const held = await hold(
        trx,
        inOrder.map(([, account]) => account),
      )
      const admitted = held.flatMap(admit)
      await save(trx, held)
      return admitted
    },
  }
}

const nameOf = ({ tenant, profile }: Pick<Upload, 'tenant' | 'profile'>): string =>
  `${tenant}/${profile}`

const add = (usage: Usage, { declared }: Upload, sign: 1 | -1): void => {
  usage.slots += sign
  usage.bytes += sign * declared.size
}

/** What is used now; nobody else changes it until this transaction ends. Taken in this order. */
async function hold(trx: Transaction<Schema>, accounts: Account[]): Promise<Held[]> {
  const unused = accounts.map(({ tenant, profile }) => rowOf({ tenant, profile }, NOTHING))
  const rows = await trx
    .insertInto('quotas')
    .values(unused)
    // Sets what is there already: an update that changes nothing still takes the row.
    .onConflict((conflict) =>
      conflict
        .columns(['tenant', 'profile'])
        .doUpdateSet((row) => ({ open_slots: row.ref('quotas.open_slots') })),
    )
    .returningAll()
    .execute()
  const used = new Map(
    rows.map((row) => [nameOf(row), { slots: row.open_slots, bytes: row.reserved_bytes }]),
  )
  return accounts.map((account) => ({
    ...account,
    used: used.get(nameOf(account)) ?? { ...NOTHING },
  }))
}

const NOTHING = { slots: 0, bytes: 0 }

/** First come, first served; one that is too large leaves room for a smaller one after it. */
function admit({ used, change, candidates }: Held): Candidate[] {
  used.slots += change.slots
  used.bytes += change.bytes
  for (const candidate of candidates) {
    const { upload, quota } = candidate
    candidate.isAdmitted =
      used.slots < quota.openSlots && used.bytes + upload.declared.size <= quota.reservedBytes
    if (candidate.isAdmitted) add(used, upload, 1)
  }
  return candidates.filter(({ isAdmitted }) => isAdmitted)
}

const save = (trx: Transaction<Schema>, held: Held[]) =>
  trx
    .insertInto('quotas')
    .values(held.map((account) => rowOf(account, account.used)))
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'profile']).doUpdateSet((row) => ({
        open_slots: row.ref('excluded.open_slots'),
        reserved_bytes: row.ref('excluded.reserved_bytes'),
      })),
    )
    .execute()

const rowOf = ({ tenant, profile }: Pick<Upload, 'tenant' | 'profile'>, usage: Usage) => ({
  tenant,
  profile,
  open_slots: usage.slots,
  reserved_bytes: usage.bytes,
})
