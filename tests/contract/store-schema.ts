/** What the schema itself refuses, and how it comes to be. */

import { describe, expect, it } from '@jest/globals'
import { sql } from 'kysely'
import { openStore, type Store } from '../../src/store/store.ts'
import { findById } from '../../src/store/uploads.ts'
import { isLegal } from '../../src/upload/transitions.ts'
import { UPLOAD_STATES, type UploadState } from '../../src/upload/upload.ts'
import { foreignKeyFailure, type Fixture } from './store-fixture.ts'

export function describeSchema(f: Fixture): void {
  describe('the schema', () => {
    it('allows exactly the transitions that the table in code allows', async () => {
      const { rows } = await sql<{ from_state: UploadState; to_state: UploadState }>`
          select from_state, to_state from legal_transitions`.execute(f.store.db)
      const inDatabase = rows.map((row) => `${row.from_state}→${row.to_state}`).sort()
      const inCode = UPLOAD_STATES.flatMap((from) =>
        UPLOAD_STATES.filter((to) => isLegal(from, to)).map((to) => `${from}→${to}`),
      ).sort()
      expect(inDatabase).toEqual(inCode)
    })

    it('refuses a transition row of an illegal pair, and one that leaves a gap', async () => {
      const { id } = await f.pending()
      const insert = (version: number, state: string) =>
        sql`insert into transitions
              (upload_id, version, state, previous_version, previous_state, at, cause)
              values (${id}, ${version}, ${state}, ${version - 1}, 'pending', 0, 'api')`.execute(
          f.store.db,
        )
      await expect(insert(2, 'ready')).rejects.toMatchObject(foreignKeyFailure)
      await expect(insert(3, 'canceled')).rejects.toMatchObject(foreignKeyFailure)
    })

    it('refuses a change of state that has no row in the audit', async () => {
      const { id } = await f.pending()
      const update = sql`update uploads set state = 'canceled', version = 2 where id = ${id}`
      await expect(update.execute(f.store.db)).rejects.toMatchObject(foreignKeyFailure)
      expect((await findById(f.store, id))?.state).toBe('pending')
    })

    it('is brought up to date once, however many nodes start at once', async () => {
      const empty = await f.newUrl()
      const nodes = [1, 2, 3].map(() => openStore(empty))
      const ran = await Promise.all(nodes.map((node) => node.migrate()))
      expect(ran.filter((names) => names.length > 0)).toHaveLength(1)
      await Promise.all(nodes.map((node) => node.close()))
    })

    it('is as it was before when a migration ends half-way, and is completed by the next start', async () => {
      const half = openStore(await f.newUrl())
      await sql`create table inbox (obstacle text)`.execute(half.db)
      await expect(half.migrate()).rejects.toMatchObject({
        message: expect.stringMatching(/already exists/),
      })
      const tables = async () =>
        (await half.db.introspection.getTables()).map((table) => table.name)
      expect(await tables()).toEqual(['inbox'])
      await sql`drop table inbox`.execute(half.db)
      expect((await half.migrate()).length).toBeGreaterThan(1)
      expect(await tables()).toContain('uploads')
      await half.close()
    })

    it('is refused when it is newer than the program, by name', async () => {
      await sql`insert into kysely_migration (name, timestamp) values ('9999-later', 'x')`.execute(
        f.store.db,
      )
      const refusal = {
        name: 'UnusableDatabase',
        message: expect.stringContaining('9999-later'),
      }
      await expect(f.store.migrate()).rejects.toMatchObject(refusal)
      await expect(f.store.prepare({ migrate: false })).rejects.toMatchObject(refusal)
    })

    describe('when a later release has changed it', () => {
      const planted = (store: Store, kind: 'expanding' | 'contracting', since: string | null) =>
        store.db.transaction().execute(async (trx) => {
          await sql`alter table uploads add column later text`.execute(trx)
          await sql`insert into kysely_migration (name, timestamp) values ('9999-later', 'x')`.execute(
            trx,
          )
          await sql`insert into schema_steps values ('9999-later', ${kind}, ${since})`.execute(trx)
        })

      it('is run on as it is where the change only expands, and nothing is migrated', async () => {
        await planted(f.store, 'expanding', null)
        expect(await f.store.migrate()).toEqual([])
        await f.store.prepare({ migrate: true })
        await f.store.prepare({ migrate: false })
        expect((await f.received()).state).toBe('received')
      })

      it('is run on where the change contracts what this program no longer needs', async () => {
        await planted(f.store, 'contracting', '0070-schema-steps')
        expect(await f.store.migrate()).toEqual([])
      })

      it('is refused where the change contracts what this program needs', async () => {
        await planted(f.store, 'contracting', '9998-unknown')
        const refusal = { name: 'UnusableDatabase', message: expect.stringContaining('9999-later') }
        await expect(f.store.prepare({ migrate: true })).rejects.toMatchObject(refusal)
        await expect(f.store.prepare({ migrate: false })).rejects.toMatchObject(refusal)
      })

      it('is refused where it lacks something besides, as it is of neither release', async () => {
        await planted(f.store, 'expanding', null)
        await sql`delete from kysely_migration where name = '0071-trace'`.execute(f.store.db)
        await expect(f.store.migrate()).rejects.toMatchObject({
          message: expect.stringContaining('lacks 0071-trace'),
        })
      })
    })

    it('is left alone, and refused when it is old, by a program that must not migrate', async () => {
      const old = openStore(await f.newUrl())
      const refusal = { message: expect.stringContaining('run berth migrate') }
      await expect(old.prepare({ migrate: false })).rejects.toMatchObject(refusal)
      expect(await old.db.introspection.getTables()).toEqual([])
      await old.migrate()
      await old.prepare({ migrate: false })
      await old.close()
    })
  })
}
