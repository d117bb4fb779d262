/** Keeps what is known of each bucket's own enforcement fresh: probed once, and again every day. */

import { LONGEST_PROBE_SECONDS, probeBucket } from '../bucket/probe.ts'
import { listCapabilities, saveCapabilities } from '../store/capabilities.ts'
import { forgetProbe, rememberProbe } from '../store/probes.ts'
import { guaranteesOf, type Guarantees } from '../upload/guarantees.ts'
import { probeFolder } from '../upload/keys.ts'
import { addSeconds } from '../upload/policy.ts'
import type { Upload } from '../upload/upload.ts'
import type { Deps } from './deps.ts'

/** Bucket → what it enforces; a copy of the database's, brought up to date by the clock. */
export type KnownGuarantees = Map<string, Guarantees>

type ProbeDeps = Pick<Deps, 'store' | 'bucket' | 'profiles' | 'log' | 'now' | 'newNonce'> & {
  known: KnownGuarantees
}

const FRESH_SECONDS = 86_400

/** A PUT that was sent last may still land for a while. */
const SURELY_OVER_SECONDS = 15

/** @returns 0: there is never a batch left over. */
export async function probeBuckets(deps: ProbeDeps): Promise<number> {
  const fresh = await refreshKnown(deps)
  for (const [bucket, prefix] of places(deps)) {
    if (!fresh.has(bucket)) await probe(deps, bucket, prefix)
  }
  await refreshKnown(deps)
  return 0
}

/** Another node may have probed. @returns the buckets that need no probe now. */
async function refreshKnown({ store, known, now }: ProbeDeps): Promise<Set<string>> {
  const oldest = addSeconds(now(), -FRESH_SECONDS)
  const capabilities = await listCapabilities(store)
  for (const { bucket, guarantees } of capabilities) known.set(bucket, guarantees)
  return new Set(
    capabilities.filter(({ probedAt }) => probedAt > oldest).map(({ bucket }) => bucket),
  )
}

/** One prefix of each bucket is enough: what a store enforces does not depend on the key. */
const places = ({ profiles, bucket }: ProbeDeps): Map<string, string> =>
  new Map([...profiles.values()].map((profile) => [profile.bucket ?? bucket.name, profile.prefix]))

async function probe(deps: ProbeDeps, name: string, prefix: string): Promise<void> {
  const { bucket, now, log, store } = deps
  const place = { bucket: name, folder: probeFolder(prefix, deps.newNonce()) }
  // Recorded before anything is written there, so that the sweep finds what a killed probe left.
  await rememberProbe(store, place, addSeconds(now(), LONGEST_PROBE_SECONDS + SURELY_OVER_SECONDS))
  const guarantees = await probeBucket(bucket, { ...place, now })
  await forgetProbe(store, place)
  if (!guarantees) {
    log.warn('probe.inconclusive', { bucket: name })
    return
  }
  await saveCapabilities(store, { bucket: name, guarantees, probedAt: now() })
  log.info('probe.done', { bucket: name, ...guarantees })
}

export const guaranteesFor = (known: KnownGuarantees, upload: Upload): Guarantees =>
  guaranteesOf(known.get(upload.bucket), upload)
