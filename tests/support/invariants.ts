/** What must hold after every step, and once everything is quiet. Looks at rows and bytes only. */

import { expect } from '@jest/globals'
import { isFinal, isLegal } from '../../src/upload/transitions.ts'
import type { UploadState } from '../../src/upload/upload.ts'
import type { Model } from './model.ts'
import { sha256Of } from './uploads.ts'
import { BUCKET, keysBelow } from './world.ts'

type Row = {
  id: string
  state: UploadState
  version: number
  size: number
  sealed_key: string | null
  object: string | null
  land_by: number
  updated_at: number
}

const rowsOf = (model: Model): Promise<Row[]> =>
  model
    .store()
    .db.selectFrom('uploads')
    .select(['id', 'state', 'version', 'size', 'sealed_key', 'object', 'land_by', 'updated_at'])
    .execute()

export async function checkInvariants(model: Model): Promise<void> {
  const rows = await rowsOf(model)
  for (const row of rows) {
    await checkHistory(model, row)
    checkFinality(model, row)
    // A PUT that began in time may land until `landBy`, so nothing expires before.
    if (row.state === 'expired') expect(row.updated_at).toBeGreaterThanOrEqual(row.land_by)
    if (row.state === 'ready') await checkReady(model, row)
  }
  await checkObjectsAreNamed(model, rows)
  await checkQuota(model, rows)
}

/** I5, I6: versions without gaps, legal steps only, and the record at the end of the chain. */
async function checkHistory(model: Model, { id, state, version }: Row): Promise<void> {
  const history = await model
    .store()
    .db.selectFrom('transitions')
    .select(['version', 'state'])
    .where('upload_id', '=', id)
    .orderBy('version')
    .execute()
  expect(history.map((entry) => entry.version)).toEqual(history.map((_, index) => index + 1))
  expect(history.at(-1)).toEqual({ version, state })
  history.slice(1).forEach((entry, index) => {
    expect(isLegal(history[index]?.state ?? 'pending', entry.state)).toBe(true)
  })
}

/** I7: a final state never changes, but ready → deleted and failed → received. */
function checkFinality({ seen }: Model, { id, state }: Row): void {
  const before = seen.states.get(id)
  if (before !== undefined && before !== state) expect(canFollow(before, state)).toBe(true)
  seen.states.set(id, state)
}

const canFollow = (before: UploadState, state: UploadState): boolean =>
  !isFinal(before) || (before === 'ready' && state === 'deleted')

/** I2, I3, I14: the object is there, is what the record says, and has never been anything else. */
async function checkReady(model: Model, { id, sealed_key, object, size }: Row): Promise<void> {
  const recorded = JSON.parse(object ?? '{}') as { sha256: string; size: number }
  const location = { bucket: BUCKET, key: sealed_key ?? '' }
  const stream = await model.bucket.read(location, new AbortController().signal)
  const bytes = Buffer.concat(((await stream?.body.toArray()) ?? []) as Buffer[])
  expect(bytes.length).toBe(recorded.size)
  expect(recorded.size).toBe(size)
  expect(sha256Of(bytes)).toBe(recorded.sha256)
  expect(model.seen.objects.get(id) ?? recorded.sha256).toBe(recorded.sha256)
  model.seen.objects.set(id, recorded.sha256)
}

/** I17: every sealed object is named by a record, as the present one or as one to collect. */
async function checkObjectsAreNamed(model: Model, rows: Row[]): Promise<void> {
  const claims = await model.store().db.selectFrom('claims').select('sealed_key').execute()
  const named = new Set([...rows, ...claims].map(({ sealed_key }) => sealed_key))
  for (const key of await keysBelow(model, 'objects/')) expect(named.has(key)).toBe(true)
  // What Berth itself made is never taken for an orphan, whenever it is looked at.
  expect(await model.store().db.selectFrom('orphans').selectAll().execute()).toEqual([])
}

/** I15: what is reserved is what the open uploads reserve. */
async function checkQuota(model: Model, rows: Row[]): Promise<void> {
  const open = rows.filter(({ state }) => !isFinal(state))
  const quota = await model.store().db.selectFrom('quotas').selectAll().executeTakeFirst()
  expect(quota?.open_slots ?? 0).toBe(open.length)
  expect(quota?.reserved_bytes ?? 0).toBe(open.reduce((sum, { size }) => sum + size, 0))
}

/** I18, I24, I25: nothing is open, nothing is left over, every event is accounted for. */
export async function checkQuiet(model: Model): Promise<void> {
  const rows = await rowsOf(model)
  expect(rows.filter(({ state }) => !isFinal(state))).toEqual([])
  expect(await keysBelow(model, 'staging/')).toEqual([])
  const ready = rows.filter(({ state }) => state === 'ready').map(({ sealed_key }) => sealed_key)
  expect((await keysBelow(model, 'objects/')).sort()).toEqual(ready.sort())
  const fresh = await model
    .store()
    .db.selectFrom('inbox')
    .selectAll()
    .where('state', '=', 'new')
    .execute()
  expect(fresh).toEqual([])
}
