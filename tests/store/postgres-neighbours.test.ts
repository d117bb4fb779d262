import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openStore } from '../../src/store/store.ts'
import { insertPending } from '../../src/store/uploads.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { startTcpLink } from '../support/tcp-link.ts'
import { anUpload } from '../support/uploads.ts'

const QUOTA = { openSlots: 1_000, reservedBytes: 1_000_000 }

let postgres: Postgres
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.close())

it('a node that starts while the database goes away goes on once it answers again', async () => {
  const url = new URL(await postgres.newDatabase())
  const link = await startTcpLink(Number(url.port))
  url.port = String(link.port)
  const store = openStore(url.href)
  link.cutAfter('clock_timestamp')
  await store.prepare({ migrate: true })
  expect(await insertPending(store, anUpload(), QUOTA)).toBe(true)
  await store.close()
  await link.close()
})

it('a node that freezes within a transaction costs the others seconds, and no refusal', async () => {
  const url = await postgres.newDatabase()
  const [frozen, other] = [openStore(url), openStore(url)]
  await frozen.prepare({ migrate: true })
  await insertPending(frozen, anUpload(), QUOTA)
  let thaw = (): void => undefined
  let holds = (): void => undefined
  const held = new Promise<void>((resolve) => {
    holds = resolve
  })
  const frozenWrite = frozen.db.transaction().execute(async (trx) => {
    await trx.updateTable('quotas').set({ open_slots: 1 }).execute()
    holds()
    await new Promise<void>((resolve) => {
      thaw = resolve
    })
  })
  await held
  expect(await insertPending(other, anUpload(), QUOTA)).toBe(true)
  thaw()
  await expect(frozenWrite).rejects.toThrow('records-un')
  await frozen.close()
  await other.close()
}, 20_000)
