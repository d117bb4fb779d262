/** A database with a past: mostly uploads that are over, a few that are not, two weeks of them. */

import { sql, type RawBuilder } from 'kysely'
import type { Store } from '../../src/store/store.ts'

/** Of 200 rows one is pending, one received, one verifying; the others were canceled long ago. */
const STATE = sql.raw(
  `case i % 200 when 0 then 'pending' when 1 then 'received' when 2 then 'verifying' else 'canceled' end`,
)
const FIRST_AT_MS = 1_700_000_000_000
const APART_MS = 60_000

/** The moment of the last row. */
export const seededUntil = (rows: number): Date => new Date(FIRST_AT_MS + rows * APART_MS)

export async function seed(store: Store, rows: number): Promise<void> {
  const numbers = sql.raw(
    `with recursive numbers (i) as
       (select 1 union all select i + 1 from numbers where i < ${rows})`,
  )
  const id = sql.raw(`'upl_' || cast(100000000 + i as text)`)
  const at = sql.raw(`${FIRST_AT_MS} + i * ${APART_MS}`)
  const steps: [number, string, string, string][] = [
    [1, 'pending', 'null', 'i > 0'],
    [2, 'received', `'pending'`, 'i % 200 in (1, 2)'],
    [3, 'verifying', `'received'`, 'i % 200 = 2'],
    [2, 'canceled', `'pending'`, 'i % 200 > 2'],
  ]
  await store.write(async (trx) => {
    const run = (statement: RawBuilder<unknown>) => statement.execute(trx)
    for (const [version, state, previous, where] of steps) {
      await run(sql`insert into transitions ${numbers}
        select ${id}, ${sql.lit(version)}, ${sql.lit(state)},
          ${version === 1 ? sql`null` : sql.lit(version - 1)}, ${sql.raw(previous)}, ${at},
          case when i % 3 = 0 then 'sweep' else 'event' end, null
        from numbers where ${sql.raw(where)}`)
    }
    await run(sql`insert into uploads (id, tenant, subject, profile, profile_hash, filename,
        content_type, size, sha256, metadata, state, version, fence, bucket, staging_key, sealed_key,
        slot_ttl_seconds, slot_expires_at, land_by, due_at, observed, received_at, attempts,
        lease_node, object, rejection, staging_due_at, created_at, updated_at, token_id) ${numbers}
      select ${id}, 't' || cast(i % 20 as text), null, 'default', 'h', 'f', 'a/b', 64, null, '{}',
        ${STATE}, case when i % 200 = 0 then 1 when i % 200 = 2 then 3 else 2 end, 0, 'b',
        'staging/' || cast(i as text), 'objects/' || cast(i as text), 900, ${at}, ${at},
        case when i % 200 > 2 then null else ${at} end, null, null, 0, 'n', null, null,
        case when i % 50 = 3 then ${at} else null end, ${at}, ${at}, null
      from numbers`)
    await run(sql`insert into quotas ${numbers}
      select 't' || cast(i - 1 as text), 'default', ${rows}, ${rows * 64} from numbers where i <= 20`)
    await run(sql`insert into claims ${numbers}
      select 'objects/' || cast(i as text), 'b', ${id}, 0, 60000, ${at} from numbers`)
    await run(sql`insert into inbox ${numbers}
      select 'digest' || cast(i as text), 's3', '{}', 'matched', 1,
        case when i % 200 = 0 then ${at} else null end, ${at}
      from numbers`)
  })
}
