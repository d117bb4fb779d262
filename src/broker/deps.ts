/** What the stories are told and given: each takes the part it names. */

import type { Bucket } from '../bucket/bucket.ts'
import type { OpenUploads, WaitingEvents } from '../store/count-open.ts'
import type { Store } from '../store/store.ts'
import type { Grace, Profile } from '../upload/policy.ts'

/** Events of the log: a name, and facts that hold no key, URL or secret. */
type Log = {
  info: (event: string, facts: Record<string, unknown>) => void
  warn: (event: string, facts: Record<string, unknown>) => void
}

type Limits = Grace & {
  leaseSeconds: number
  giveUpSeconds: number
  downloadTtlSeconds: number
  inboxRetentionSeconds: number
  orphanGraceSeconds: number
}

/** Counts and gauges; what they are called is the telemetry's business. */
type Meter = {
  arrival: (cause: string) => void
  event: (source: string, state: string) => void
  eventSilence: (isSilent: boolean) => void
  /** Objects that no record names: how many are known now. */
  orphans: (count: number) => void
  orphansFound: (count: number) => void
  orphansRemoved: (count: number) => void
  circuit: (dependency: 'storage', isOpen: boolean) => void
  /** Seconds that the store's clock is ahead of ours. */
  storeClockSkew: (seconds: number) => void
  /** An upload became ready, or was rejected for this reason. */
  verdict: (reason: string | null, secondsSinceArrival: number) => void
  openUploads: (state: string, found: OpenUploads) => void
  inbox: (found: WaitingEvents) => void
}

export type Deps = {
  store: Store
  bucket: Bucket
  profiles: ReadonlyMap<string, Profile>
  limits: Limits
  log: Log
  meter: Meter
  now: () => Date
  /** 0 to 1. */
  random: () => number
  /** A UUIDv7 as 32 hex digits. */
  newId: () => string
  /** 128 random bits as 32 hex digits. */
  newNonce: () => string
  /** This node's name in leases. */
  node: string
  /** Tells the workers that something is due; losing the call costs a poll interval only. */
  wakeWorkers: () => void
}

/** What an upload token lets its bearer do, as it was signed. */
export type Grant = {
  /** The `jti`, or a name made from it: what was created under it is its bearer's. */
  id: string
  profile: string
  /** The end user: what was created for the same one is its bearer's, too. Null or empty: nobody. */
  subject: string | null
  maxUploads: number
  /** Declared bytes in all. */
  maxBytes: number
  expiresAt: Date
}

/** Who is asking, and for whom. */
export type Caller = {
  tenant: string
  /** Names the key or the token; what is counted per caller is counted under it. */
  keyId: string
  scopes: readonly string[]
  /** Null: an API key. */
  token: Grant | null
}
