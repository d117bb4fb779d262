/** Every hint that an object may be there ends here: look, and record what was seen. */

import { findById } from '../store/uploads.ts'
import { recordReceived } from '../store/transitions.ts'
import type { Cause, Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

/** `noted`: now received. `absent`: nothing is there yet. `not-pending`: noted before, or over. */
export type Noted = 'noted' | 'absent' | 'not-pending'

/** Looks under way on this node, by upload. */
export type Looks = Map<string, Promise<Noted>>

export type NoteDeps = Pick<Deps, 'store' | 'bucket' | 'log' | 'meter' | 'now' | 'wakeWorkers'> & {
  looks: Looks
}

/** Hints of one arrival that come together, as doubled events do, cost one HEAD. */
export async function noteArrival(deps: NoteDeps, upload: Upload, cause: Cause): Promise<Noted> {
  if (upload.state !== 'pending') return 'not-pending'
  const earlier = await deps.looks.get(upload.id)?.catch(() => 'absent')
  // Who began earlier may have looked too early: what was not there then may be there now.
  if (earlier !== undefined && earlier !== 'absent') return 'not-pending'

  const look = lookAndNote(deps, upload, cause)
  deps.looks.set(upload.id, look)
  return look.finally(() => {
    if (deps.looks.get(upload.id) === look) deps.looks.delete(upload.id)
  })
}

async function lookAndNote(deps: NoteDeps, upload: Upload, cause: Cause): Promise<Noted> {
  const { bucket, stagingKey: key } = upload
  const observed = await deps.bucket.head({ bucket, key })
  if (!observed) return 'absent'

  const moved = await recordReceived(deps.store, upload, observed, { at: deps.now(), cause })
  if (!moved) return 'not-pending'
  deps.log.info('upload.received', { uploadId: upload.id, cause })
  deps.meter.arrival(cause)
  deps.wakeWorkers()
  return 'noted'
}

/** By staging key, as events name it. `unknown`: no upload has this key. */
export async function noteArrivalAt(
  deps: NoteDeps,
  uploadId: string,
  location: { bucket: string; key: string },
): Promise<Noted | 'unknown'> {
  const upload = await findById(deps.store, uploadId)
  if (upload?.bucket !== location.bucket || upload.stagingKey !== location.key) return 'unknown'
  return noteArrival(deps, upload, 'event')
}
