/**
 * A tenant's uploads by what they are called. However many there are, one call looks at the next few
 * thousand of them, the newest first, and says how far it came: a search costs no index of its own.
 */

import { sql, type RawBuilder } from 'kysely'
import type { Upload, UploadState } from '../upload/upload.ts'
import type { Store } from './store.ts'
import { toUpload } from './upload-row.ts'

export type SearchFilter = {
  state?: UploadState | undefined
  profile?: string | undefined
  /** In the file name, the subject or the metadata; ASCII letters in either case. */
  text?: string | undefined
  /** Exclusive. */
  createdAfter?: Date | undefined
  /** Exclusive. */
  createdBefore?: Date | undefined
  /** Exclusive: where the search before this one ended. */
  beforeId?: string | undefined
}

export type Found = {
  uploads: Upload[]
  /** The search ended before this one; null: it came to the end. */
  edge: { id: string; createdAt: Date } | null
}

const LOOKED_AT = 5_000

const BELOW_ALL_IDS = 'upl_'
const ABOVE_ALL_IDS = 'upm'

/** Ids are made by the nodes' own clocks, and the moment of creation may be the database's. */
const CLOCKS_APART_MS = 3_600_000

export async function searchUploads(
  { db }: Store,
  tenant: string,
  filter: SearchFilter,
  limit: number,
): Promise<Found> {
  const { key, newestFirst, edgeOf } = keyFor(tenant, filter)
  const [lowest, highest] = idsOf(filter)
  const inReach = db
    .selectFrom('uploads')
    .where(sql<boolean>`${key} >= ${edgeOf(lowest)}`)
    .where(sql<boolean>`${key} < ${edgeOf(highest)}`)
    .orderBy(newestFirst)
  const end = await inReach
    .select(['id', 'created_at'])
    .offset(LOOKED_AT - 1)
    .limit(1)
    .executeTakeFirst()
  const rows = await inReach
    .selectAll()
    .$if(end !== undefined, (query) =>
      query.where(sql<boolean>`${key} >= ${edgeOf(end?.id ?? lowest)}`),
    )
    .where(matches(filter))
    .limit(limit)
    .execute()
  const edge = end ? { id: end.id, createdAt: new Date(end.created_at) } : null
  return { uploads: rows.map(toUpload), edge }
}

/** The index that narrows the most, its whole key compared. */
function keyFor(tenant: string, { state, profile }: SearchFilter) {
  const narrowed = state === undefined ? { tenant, profile } : { tenant, state }
  const prefix = Object.entries(narrowed).filter(([, value]) => value !== undefined)
  const columns = [...prefix.map(([column]) => column), 'id'].map((column) => sql.ref(column))
  return {
    key: sql`(${sql.join(columns)})`,
    newestFirst: sql.join(columns.map((column) => sql`${column} desc`)),
    edgeOf: (id: string) => sql`(${sql.join([...prefix.map(([, value]) => value), id])})`,
  }
}

/** Ids begin with their moment, so a search of last year's uploads begins there. */
function idsOf({ createdAfter, createdBefore, beforeId }: SearchFilter): [string, string] {
  const above = createdBefore ? idAt(createdBefore.getTime() + CLOCKS_APART_MS) : ABOVE_ALL_IDS
  const below = createdAfter ? idAt(createdAfter.getTime() - CLOCKS_APART_MS) : BELOW_ALL_IDS
  return [below, beforeId !== undefined && beforeId < above ? beforeId : above]
}

const idAt = (millis: number): string => `upl_${Math.max(0, millis).toString(16).padStart(12, '0')}`

function matches({ state, profile, text, createdAfter, createdBefore }: SearchFilter) {
  const all: RawBuilder<boolean>[] = [sql<boolean>`1 = 1`]
  if (state !== undefined && profile !== undefined) all.push(sql`profile = ${profile}`)
  if (createdAfter) all.push(sql`created_at > ${createdAfter.getTime()}`)
  if (createdBefore) all.push(sql`created_at < ${createdBefore.getTime()}`)
  if (text !== undefined) all.push(isSaid(text))
  return sql<boolean>`${sql.join(all, sql` and `)}`
}

/** Folded by the database on both sides, as each folds in its own way. */
function isSaid(text: string): RawBuilder<boolean> {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const isIn = (column: string) => sql`lower(${sql.ref(column)}) like lower(${pattern}) escape '\\'`
  return sql`(${sql.join(['filename', 'subject', 'metadata'].map(isIn), sql` or `)})`
}
