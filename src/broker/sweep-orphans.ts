/** A slow walk through the bucket, page by page, for objects that no record names. */

import type { ListedObject } from '../bucket/objects.ts'
import { namedKeys } from '../store/named-keys.ts'
import { countOrphans, rememberOrphans } from '../store/orphans.ts'
import { currentWalk, moveWalk, type Place, type Walk } from '../store/walks.ts'
import { isProbeKey, uploadIdFromKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'
import { placesOf } from './places.ts'
import { settleAll } from './settle-all.ts'

export type OrphanDeps = Pick<
  Deps,
  'store' | 'bucket' | 'profiles' | 'limits' | 'log' | 'meter' | 'now'
>

/** A walk begins no more often than this many times within the grace: an hour, by default. */
const WALKS_PER_GRACE = 24
const SHOWN_IDS = 10
/** Longer than a probe takes. */
const PROBE_SECONDS = 600

/** One page of every place. @returns 0: the rest of the bucket can wait for the next run. */
export async function sweepOrphans(deps: OrphanDeps): Promise<number> {
  await settleAll(placesOf(deps).map((place) => walkOn(deps, place)))
  deps.meter.orphans(await countOrphans(deps.store))
  return 0
}

async function walkOn(deps: OrphanDeps, place: Place): Promise<void> {
  const { store, bucket, limits } = deps
  const now = deps.now()
  const restedSince = addSeconds(now, -limits.orphanGraceSeconds / WALKS_PER_GRACE)
  const walk = await currentWalk(store, place, { now, restedSince })
  if (!walk) return

  const listing = { bucket: place.bucket, prefix: place.folder, after: walk.afterKey }
  const { objects, isLast } = await bucket.listPage(listing)
  await noteUnnamed(deps, walk, objects)
  await moveWalk(store, walk, isLast ? null : (objects.at(-1)?.key ?? null))
}

/** A name is recorded before its object exists, so whatever is listed and has none is an orphan. */
async function noteUnnamed(deps: OrphanDeps, walk: Walk, objects: ListedObject[]): Promise<void> {
  const { store, log, meter } = deps
  const named = await namedKeys(
    store,
    walk.bucket,
    objects.map(({ key }) => key),
  )
  const probeSeconds = Math.min(PROBE_SECONDS, deps.limits.orphanGraceSeconds)
  const probesSince = addSeconds(deps.now(), -probeSeconds)
  const unnamed = objects.filter(
    (object) => !named.has(object.key) && !isProbe(object, probesSince),
  )
  const found = await rememberOrphans(store, walk, unnamed, deps.now())
  if (found.length === 0) return
  meter.orphansFound(found.length)
  const { bucket, folder } = walk
  const uploadIds = found.slice(0, SHOWN_IDS).map(uploadIdFromKey)
  log.warn('orphans.found', { bucket, folder, count: found.length, uploadIds })
}

/** A probe that may still be at work; what it left behind is an orphan like any other. */
const isProbe = ({ key, lastModified }: ListedObject, since: Date): boolean =>
  isProbeKey(key) && lastModified > since
