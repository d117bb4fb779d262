/** The stories that nobody asks for: what the clock starts, with their dependencies bound. */

import { inSpan, type SpanTerms } from '../tracing/span.ts'
import type { Upload } from '../upload/upload.ts'
import type { BrokerDeps } from './broker-deps.ts'
import type { Circuit } from './circuit.ts'
import { checkScanner } from './check-scanner.ts'
import { drainInbox } from './drain-inbox.ts'
import { gatherDue, nextGatherings } from './gather-due.ts'
import { nextVerifications } from './next-verifications.ts'
import type { Looks } from './note-arrival.ts'
import { probeBuckets, type KnownGuarantees } from './probe-buckets.ts'
import { removeOrphans } from './remove-orphans.ts'
import { sweepAssemblies } from './sweep-assemblies.ts'
import { sweepExpired } from './sweep-expired.ts'
import { sweepInbox } from './sweep-inbox.ts'
import { sweepLeases } from './sweep-leases.ts'
import { sweepLooks } from './sweep-looks.ts'
import { sweepClaims, sweepStaging } from './sweep-objects.ts'
import { sweepOrphans } from './sweep-orphans.ts'
import { sweepProbes } from './sweep-probes.ts'
import { sweepRetention } from './sweep-retention.ts'
import { sweepTallies, tallyChanges } from './tally-changes.ts'
import { verifyUpload } from './verify-upload.ts'
import { watchEvents } from './watch-events.ts'
import { watchRecords } from './watch-records.ts'
import { watchStorage } from './watch-storage.ts'

type ClockDeps = BrokerDeps & { circuit: Circuit; known: KnownGuarantees; looks: Looks }

export function clockStories(deps: ClockDeps) {
  const { circuit } = deps
  // While the store is away nothing is tried for each upload: all wait as they are, uncounted.
  const ifStorage =
    <Limit extends number[]>(run: (...limit: Limit) => Promise<number>) =>
    async (...limit: Limit): Promise<number> =>
      (await circuit.passes()) ? run(...limit) : 0
  const nextIfStorage =
    (list: (deps: ClockDeps, limit: number) => Promise<Upload[]>) =>
    async (limit: number): Promise<Upload[]> =>
      (await circuit.passes()) ? list(deps, limit) : []
  return {
    drainInbox: ifStorage((batch) => drainInbox(deps, batch)),
    nextVerifications: nextIfStorage(nextVerifications),
    verifyUpload: (upload: Upload, stop: AbortSignal) =>
      inSpan('upload.verify', aboutUpload(upload), () => verifyUpload(deps, upload, stop)),
    nextGatherings: nextIfStorage(nextGatherings),
    gatherDue: (upload: Upload) =>
      inSpan('upload.gather', aboutUpload(upload), () => gatherDue(deps, upload)),
    sweepLooks: ifStorage((budget) => sweepLooks(deps, budget)),
    sweepLeases: (batch: number) => sweepLeases(deps, batch),
    sweepStaging: ifStorage((batch) => sweepStaging(deps, batch)),
    sweepClaims: ifStorage((batch) => sweepClaims(deps, batch)),
    sweepProbes: ifStorage((batch) => sweepProbes(deps, batch)),
    sweepInbox: (batch: number) => sweepInbox(deps, batch),
    sweepExpired: (batch: number) => sweepExpired(deps, batch),
    sweepOrphans: ifStorage(() => sweepOrphans(deps)),
    removeOrphans: ifStorage((batch) => removeOrphans(deps, batch)),
    sweepAssemblies: ifStorage(() => sweepAssemblies(deps)),
    sweepRetention: (batch: number) => sweepRetention(deps, batch),
    tallyChanges: (batch: number) => tallyChanges(deps, batch),
    sweepTallies: (batch: number) => sweepTallies(deps, batch),
    watchEvents: () => watchEvents(deps),
    watchRecords: () => watchRecords(deps),
    watchStorage: () => watchStorage(deps),
    checkScanner: () => checkScanner(deps),
    probeBuckets: ifStorage(() => probeBuckets(deps)),
  }
}

const aboutUpload = ({ id, traceparent }: Upload): SpanTerms => ({
  kind: 'internal',
  traceparent,
  facts: { 'berth.upload.id': id },
})
