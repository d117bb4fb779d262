/** Bucket against records, in both directions, while Berth may go on working. */

import type { ListedObject } from '../bucket/objects.ts'
import { namedKeys } from '../store/named-keys.ts'
import { eachReady, type ReadyRecord } from '../store/ready-uploads.ts'
import { findById } from '../store/uploads.ts'
import type { Place } from '../store/walks.ts'
import { uploadIdFromKey } from '../upload/keys.ts'
import type { Deps } from './deps.ts'
import { mergeByKey } from './merge-by-key.ts'
import { placesOf } from './places.ts'

export type Difference = {
  /** `unnamed`: no record names this object. `lost`: a ready record's object is not there. */
  kind: 'unnamed' | 'lost' | 'wrong-size'
  uploadId: string | null
  bucket: string
  key: string
  /** Bytes by the record. */
  recorded: number | null
  /** Bytes in the bucket. */
  found: number | null
}

type ReconcileDeps = Pick<Deps, 'store' | 'bucket' | 'profiles'>

// As many HEADs at a time, too.
const BATCH = 50

/** Memory stays flat: both sides are read page by page, in the order of their keys. */
export async function* reconcile(deps: ReconcileDeps): AsyncGenerator<Difference> {
  const places = placesOf(deps)
  for (const place of places) yield* comparePlace(deps, place)
  for await (const record of eachReady(deps.store)) {
    // Its profile has left the file, or has another prefix now.
    if (!places.some((place) => isIn(place, record))) yield* confirmReady(deps, record)
  }
}

async function* comparePlace(deps: ReconcileDeps, place: Place): AsyncGenerator<Difference> {
  const listed = deps.bucket.list(place.bucket, place.folder)
  const unnamed: ListedObject[] = []
  for await (const [object, record] of mergeByKey(listed, readyIn(deps, place))) {
    if (record && record.size !== object?.size) yield* confirmReady(deps, record)
    if (object && !record) unnamed.push(object)
    if (unnamed.length === BATCH) yield* confirmUnnamed(deps, place, unnamed.splice(0))
  }
  yield* confirmUnnamed(deps, place, unnamed)
}

async function* readyIn({ store }: ReconcileDeps, place: Place): AsyncGenerator<ReadyRecord> {
  if (!place.folder.endsWith('objects/')) return
  for await (const record of eachReady(store)) if (isIn(place, record)) yield record
}

/** The id behind the folder: then the order of the ids is the order of the keys. */
const isIn = ({ bucket, folder }: Place, record: ReadyRecord): boolean =>
  record.bucket === bucket && record.key.startsWith(`${folder}${record.id}/`)

/** Records and bucket were read at different moments, so each difference is looked at again. */
async function* confirmReady(
  { store, bucket }: ReconcileDeps,
  { id, key, ...record }: ReadyRecord,
): AsyncGenerator<Difference> {
  const found = await bucket.head({ bucket: record.bucket, key })
  if (found?.size === record.size) return
  const now = await findById(store, id)
  if (now?.state !== 'ready') return
  const kind = found ? 'wrong-size' : 'lost'
  const { bucket: name, size: recorded } = record
  yield { kind, uploadId: id, bucket: name, key, recorded, found: found?.size ?? null }
}

async function* confirmUnnamed(
  { store, bucket }: ReconcileDeps,
  place: Place,
  objects: ListedObject[],
): AsyncGenerator<Difference> {
  const keys = objects.map(({ key }) => key)
  const named = await namedKeys(store, place.bucket, keys)
  const unnamed = objects.filter(({ key }) => !named.has(key))
  const looks = unnamed.map(async ({ key, size }) => {
    const there = await bucket.head({ bucket: place.bucket, key })
    return there && { key, found: size }
  })
  for (const object of await Promise.all(looks)) {
    if (!object) continue
    const uploadId = uploadIdFromKey(object.key)
    yield { kind: 'unnamed', uploadId, bucket: place.bucket, recorded: null, ...object }
  }
}
