/** Multipart uploads that no record names: begun by a call that the record did not outlive. */

import type { BegunAssembly } from '../bucket/assemblies.ts'
import { namedKeys } from '../store/named-keys.ts'
import type { Place } from '../store/walks.ts'
import { uploadIdFromKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Deps } from './deps.ts'
import { placesOf } from './places.ts'

type SweepDeps = Pick<Deps, 'store' | 'bucket' | 'profiles' | 'limits' | 'log' | 'now'>

/** Those that a record names go with its staging object. @returns 0: each run looks at all of them. */
export async function sweepAssemblies(deps: SweepDeps): Promise<number> {
  const before = addSeconds(deps.now(), -deps.limits.orphanGraceSeconds)
  for (const place of placesOf(deps)) {
    for await (const begun of deps.bucket.listAssemblies(place.bucket, place.folder)) {
      if (begun.startedAt <= before) await endUnnamed(deps, place, begun)
    }
  }
  return 0
}

async function endUnnamed(
  { store, bucket, log }: SweepDeps,
  place: Place,
  { key, assembly }: BegunAssembly,
): Promise<void> {
  const named = await namedKeys(store, place.bucket, [key])
  if (named.has(key)) return
  await bucket.abortAssembly({ bucket: place.bucket, key }, assembly)
  log.warn('assembly.removed', { bucket: place.bucket, uploadId: uploadIdFromKey(key) })
}
