/** Which of many uploads have changed: one statement and one parameter, however many they are. */

import { sql, type Kysely } from 'kysely'
import type { Version } from './changes.ts'
import type { Engine } from './engine.ts'
import type { Schema } from './schema.ts'

type Asked = { db: Kysely<Schema> } & Pick<Engine, 'isShared'>

/** Of a list of ten thousand, hardly any row comes back, and no plan is made anew for its length. */
export async function newerVersions({ db, isShared }: Asked, known: Version[]): Promise<Version[]> {
  const list = JSON.stringify(known)
  const listed = isShared
    ? sql`json_to_recordset(${list}::json) as known(id text, version bigint)`
    : sql`(select value ->> 'id' as id, value ->> 'version' as version from json_each(${list})) as known`
  const { rows } = await sql<Version>`select uploads.id, uploads.version from ${listed}
    join uploads on uploads.id = known.id where uploads.version > known.version`.execute(db)
  return rows
}
