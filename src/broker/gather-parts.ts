/** Parts that are all there become one object, by the store's own list of them; then it is looked at. */

import { setTimeout as pause } from 'node:timers/promises'
import { storageUnavailable } from '../problems.ts'
import { recordCompleting } from '../store/assemblies.ts'
import { checkParts, type PartPlan, type PartsFault } from '../upload/parts.ts'
import type { Cause, Upload } from '../upload/upload.ts'
import { assertNotCompleting, isUnderWay, loseAssembly } from './lost-assembly.ts'
import { noteArrival, type Noted, type NoteDeps } from './note-arrival.ts'

/** For another's completion, which mostly takes less; who waited in vain may ask again. */
const MOST_WAITS = 10
const WAIT_MS = 200

/** Against a client that replaces parts without rest. */
const MOST_TRIES = 5

type Whole =
  { outcome: 'look' } | { outcome: 'gone' } | { outcome: 'incomplete'; fault: PartsFault }

/**
 * As `noteArrival`, for an upload of either kind. A fault: parts are missing or wrong, and nothing
 * was done. Safe to repeat, also at once on two nodes: the second finds the object of the first.
 */
export async function gatherParts(
  deps: NoteDeps,
  upload: Upload,
  cause: Cause,
): Promise<Noted | PartsFault> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await gatherOnce(deps, upload, cause)
    } catch (error) {
      if (!isUnderWay(error) || tries === MOST_WAITS) throw error
    }
    await pause(WAIT_MS)
  }
}

async function gatherOnce(
  deps: NoteDeps,
  upload: Upload,
  cause: Cause,
): Promise<Noted | PartsFault> {
  const { parts, assembly } = upload
  const noted = await noteArrival(deps, upload, cause)
  if (noted !== 'absent' || parts === null || assembly === null) return noted

  const whole = await makeWhole(deps, upload, { plan: parts, assembly })
  // Also when parts are missing: a completion beside this one takes them, and leaves the object.
  const found = await noteArrival(deps, upload, cause)
  if (found !== 'absent' || whole.outcome === 'look') return found
  if (whole.outcome === 'gone') return loseAssembly(deps, upload)
  if (whole.fault.missing.length > 0) await assertNotCompleting(deps, upload)
  return whole.fault
}

type Gathering = { plan: PartPlan; assembly: string }

/** A part that is replaced meanwhile has another ETag: the store refuses, and the list is read anew. */
async function makeWhole(
  { store, bucket, log, now }: NoteDeps,
  upload: Upload,
  { plan, assembly }: Gathering,
): Promise<Whole> {
  const location = { bucket: upload.bucket, key: upload.stagingKey }
  for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
    const listed = await bucket.listParts(location, assembly)
    if (!listed) return { outcome: 'gone' }
    const fault = checkParts(plan, upload.declared.size, listed)
    if (fault) return { outcome: 'incomplete', fault }

    // Before the call: whoever finds neither parts nor object knows that they may be on their way.
    if (!(await recordCompleting(store, upload, now()))) return { outcome: 'look' }
    const completed = await bucket.completeAssembly(location, { assembly, parts: listed })
    log.info('parts.completed', { uploadId: upload.id, parts: plan.count, outcome: completed })
    if (completed === 'gone') return { outcome: 'gone' }
    if (completed !== 'changed') return { outcome: 'look' }
  }
  // They are there, and somebody changes them or completes them at this very moment.
  throw storageUnavailable(new Error(`the parts changed ${MOST_TRIES} times`))
}
