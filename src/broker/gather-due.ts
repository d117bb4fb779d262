/** Uploads in parts whose slots are over: made whole without a word of the client, or expired. */

import { listGatheringsDue, scheduleLook, takeLook } from '../store/looks.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'
import { gatherParts } from './gather-parts.ts'
import { noteArrival, type NoteDeps } from './note-arrival.ts'
import { expire, lookedAt } from './sweep-looks.ts'

type GatherDeps = NoteDeps & Pick<Deps, 'limits'>

/** Longer than the longest completion is waited for; a node that dies with it loses that much. */
const TAKEN_SECONDS = 360
const AFTER_A_FAULT_SECONDS = 30

export const nextGatherings = ({ store, now }: GatherDeps, limit: number): Promise<Upload[]> =>
  listGatheringsDue(store, now(), limit)

/** One node at a time, as a completion may take minutes. */
export async function gatherDue(deps: GatherDeps, upload: Upload): Promise<void> {
  const since = deps.now()
  if (!(await takeLook(deps.store, upload, addSeconds(since, TAKEN_SECONDS)))) return
  try {
    const noted = await gatherParts(deps, upload, 'sweep')
    await lookedAt(deps, upload, typeof noted === 'object' ? 'absent' : noted, since)
  } catch (error) {
    await afterFault(deps, upload, since)
    throw error
  }
}

/** A store that will not list or join them is no reason to wait for ever: not beyond `giveUpSeconds`. */
async function afterFault(deps: GatherDeps, upload: Upload, since: Date): Promise<void> {
  await scheduleLook(deps.store, upload, addSeconds(since, AFTER_A_FAULT_SECONDS))
  if (since < addSeconds(upload.landBy, deps.limits.giveUpSeconds)) return
  const noted = await noteArrival(deps, upload, 'sweep')
  if (noted === 'absent')
    await expire(deps, upload, 'the store did not make one object of its parts')
}
