/** What a probe left that was killed before it could tidy up. */

import { forgetProbe, listKilledProbes, type ProbeFolder } from '../store/probes.ts'
import type { Deps } from './deps.ts'
import { settleAll } from './settle-all.ts'

type SweepDeps = Pick<Deps, 'store' | 'bucket' | 'now'>

export async function sweepProbes(deps: SweepDeps, batch: number): Promise<number> {
  const killed = await listKilledProbes(deps.store, deps.now(), batch)
  await settleAll(killed.map((place) => clear(deps, place)))
  return killed.length
}

async function clear({ store, bucket }: SweepDeps, place: ProbeFolder): Promise<void> {
  for await (const { key } of bucket.list(place.bucket, place.folder)) {
    await bucket.remove({ bucket: place.bucket, key })
  }
  await forgetProbe(store, place)
}
