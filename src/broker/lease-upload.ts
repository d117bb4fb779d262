/** A lease on one attempt: taken, kept alive, and handed back with a backoff when it fails. */

import { linkedTo } from '../linked-signal.ts'
import { Problem } from '../problems.ts'
import { renewLease } from '../store/leases.ts'
import { recordEnded, recordGone, recordLease, recordRetry } from '../store/transitions.ts'
import { sealedKey } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import { backoffSeconds, nextLookAt } from '../upload/schedule.ts'
import type { Observed, Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

export type Leased = {
  upload: Upload
  /** Aborts when the lease is lost or the node stops. */
  signal: AbortSignal
  end: () => void
}

/** Null when another worker was first. */
export async function leaseUpload(
  deps: Deps,
  received: Upload,
  stop: AbortSignal,
): Promise<Leased | null> {
  const { limits, now, node, store } = deps
  const prefix = received.stagingKey.slice(0, received.stagingKey.lastIndexOf('staging/'))
  const lease = {
    node,
    until: addSeconds(now(), limits.leaseSeconds),
    sealedKey: sealedKey(prefix, received.id, deps.newNonce()),
    graceMs: 2 * limits.leaseSeconds * 1000,
  }
  const upload = await recordLease(store, received, lease, { at: now(), cause: 'worker' })
  return upload && keepAlive(deps, upload, stop)
}

function keepAlive(deps: Deps, upload: Upload, stop: AbortSignal): Leased {
  const { signal, abort, release } = linkedTo(stop)
  const renew = async (): Promise<void> => {
    const until = addSeconds(deps.now(), deps.limits.leaseSeconds)
    if (!(await renewLease(deps.store, upload, until))) abort()
  }
  const timer = setInterval(
    () => {
      // A database that does not answer now may answer before the lease ends.
      renew().catch((error: unknown) => {
        deps.log.warn('lease.renewal-failed', { uploadId: upload.id, error: String(error) })
      })
    },
    (deps.limits.leaseSeconds * 1000) / 3,
  )
  const end = (): void => {
    clearInterval(timer)
    release()
  }
  return { upload, signal, end }
}

/** A fault is never a verdict: back to the queue, and given up only after `giveUpSeconds`. */
export async function handBack(deps: Deps, leased: Leased, error: unknown): Promise<void> {
  const { upload, signal } = leased
  const at = deps.now()
  deps.log.warn('verify.attempt-failed', { uploadId: upload.id, error: describe(error) })
  if (isGivenUp(deps, upload, at)) {
    const detail = `no verdict within ${deps.limits.giveUpSeconds} s`
    await recordEnded(deps.store, upload, 'failed', { at, cause: 'worker', detail })
    return
  }
  const delay = signal.aborted ? 0 : backoffSeconds(upload.attempts, deps.random())
  const detail = signal.aborted ? 'the worker stopped' : reasonOf(error)
  await retry(deps, upload, { dueAt: addSeconds(at, delay), observed: upload.observed, detail })
}

export const isGivenUp = ({ limits }: Pick<Deps, 'limits'>, upload: Upload, at: Date): boolean =>
  at > addSeconds(upload.receivedAt ?? at, limits.giveUpSeconds)

/** The staging object is gone: nothing was promised yet, so the slot is pending again. */
export async function handBackGone(deps: Deps, { upload }: Leased): Promise<void> {
  const at = deps.now()
  const detail = 'the object was gone before it was claimed'
  const received = await retry(deps, upload, { dueAt: at, observed: null, detail })
  if (received) {
    await recordGone(deps.store, received, nextLookAt(received, at), {
      at,
      cause: 'worker',
      detail,
    })
  }
}

/** For the history: what kind of fault it was, and nothing of its insides. */
const reasonOf = (error: unknown): string =>
  error instanceof Problem ? error.fields.detail : 'the attempt failed'

type Next = { dueAt: Date; observed: Observed | null; detail: string }

const retry = ({ store, now }: Deps, upload: Upload, { dueAt, observed, detail }: Next) =>
  recordRetry(store, upload, { dueAt, observed }, { at: now(), cause: 'worker', detail })

const describe = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error
    ? `${error.message} (${error.cause.name})`
    : String(error)
