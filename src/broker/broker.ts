/** All stories with their dependencies bound: what the ways in (HTTP, clock, command line) call. */

import { authenticate } from './api-keys.ts'
import { awaitUpload, type Wait } from './await-upload.ts'
import { cancelUpload } from './cancel-upload.ts'
import { checkHealth } from './check-health.ts'
import { checkScanner, type ScannerCheck } from './check-scanner.ts'
import { completeUpload } from './complete-upload.ts'
import { downloadUpload } from './download-upload.ts'
import { drainInbox } from './drain-inbox.ts'
import type { ParseEvent } from './hint.ts'
import { guardBucket } from './guard-bucket.ts'
import { issueSlot, type SlotRequest } from './issue-slot.ts'
import { listPage, type ListFilter } from './list-uploads.ts'
import { nextVerifications } from './next-verifications.ts'
import { guaranteesFor, probeBuckets, type KnownGuarantees } from './probe-buckets.ts'
import { issueReceipt, receiptKeySet, type ReceiptKeys } from './receipts.ts'
import { receiveEvent, type RawEvent } from './receive-event.ts'
import { createRecent } from './recent.ts'
import { removeOrphans } from './remove-orphans.ts'
import { renewSlot } from './renew-slot.ts'
import { sweepInbox } from './sweep-inbox.ts'
import { sweepLeases } from './sweep-leases.ts'
import { sweepLooks } from './sweep-looks.ts'
import { sweepClaims, sweepStaging } from './sweep-objects.ts'
import { sweepProbes } from './sweep-probes.ts'
import { sweepOrphans } from './sweep-orphans.ts'
import { sweepRetention } from './sweep-retention.ts'
import { uploadHistory } from './upload-history.ts'
import type { VerifyDeps } from './verify-deps.ts'
import { verifyUpload } from './verify-upload.ts'
import { watchEvents } from './watch-events.ts'
import { createStorageCircuit, watchStorage } from './watch-storage.ts'
import type { Upload } from '../upload/upload.ts'

export type BrokerDeps = VerifyDeps & {
  parseEvent: ParseEvent
  wakeInbox: () => void
  /** Whether any source of events is configured. */
  expectsEvents: boolean
  /** Null: none is configured. */
  scanner: ScannerCheck | null
  receiptKeys: ReceiptKeys
}

// 64 bytes each: under a mebibyte.
const STORED_EVENTS = 10_000

export type Broker = ReturnType<typeof createBroker>

export function createBroker(given: BrokerDeps) {
  const circuit = createStorageCircuit(given)
  const deps = { ...given, bucket: guardBucket(given.bucket, circuit) }
  // While the store is away nothing is tried for each upload: all wait as they are, uncounted.
  const ifStorage = (run: (limit: number) => Promise<number>) => async (limit: number) =>
    (await circuit.passes()) ? run(limit) : 0
  const storedEvents = createRecent(STORED_EVENTS)
  const known: KnownGuarantees = new Map()
  return {
    authenticate: (token: string) => authenticate(deps, token),
    issueSlot: (tenant: string, request: SlotRequest) => issueSlot(deps, tenant, request),
    renewSlot: (tenant: string, id: string) => renewSlot(deps, tenant, id),
    awaitUpload: (tenant: string, id: string, wait: Wait) => awaitUpload(deps, tenant, id, wait),
    listPage: (tenant: string, filter: ListFilter, limit: number) =>
      listPage(deps, tenant, filter, limit),
    completeUpload: (tenant: string, id: string) => completeUpload(deps, tenant, id),
    cancelUpload: (tenant: string, id: string) => cancelUpload(deps, tenant, id),
    downloadUpload: (tenant: string, id: string, expiresIn: number | null) =>
      downloadUpload(deps, tenant, id, expiresIn),
    uploadHistory: (tenant: string, id: string) => uploadHistory(deps, tenant, id),
    guaranteesFor: (upload: Upload) => guaranteesFor(known, upload),
    issueReceipt: (tenant: string, id: string) => issueReceipt(deps, tenant, id),
    receiptKeySet: () => receiptKeySet(deps.receiptKeys),
    receiveEvent: (event: RawEvent) => receiveEvent({ ...deps, storedEvents }, event),
    checkHealth: () => checkHealth({ ...deps, circuit }),
    // For the clock:
    drainInbox: ifStorage((batch) => drainInbox(deps, batch)),
    nextVerifications: async (limit: number) =>
      (await circuit.passes()) ? nextVerifications(deps, limit) : [],
    verifyUpload: (upload: Upload, stop: AbortSignal) => verifyUpload(deps, upload, stop),
    sweepLooks: ifStorage((budget) => sweepLooks(deps, budget)),
    sweepLeases: (batch: number) => sweepLeases(deps, batch),
    sweepStaging: ifStorage((batch) => sweepStaging(deps, batch)),
    sweepClaims: ifStorage((batch) => sweepClaims(deps, batch)),
    sweepProbes: ifStorage((batch) => sweepProbes(deps, batch)),
    sweepInbox: (batch: number) => sweepInbox(deps, batch),
    sweepOrphans: () => sweepOrphans(deps),
    removeOrphans: (batch: number) => removeOrphans(deps, batch),
    sweepRetention: (batch: number) => sweepRetention(deps, batch),
    watchEvents: () => watchEvents(deps),
    watchStorage: () => watchStorage(deps),
    checkScanner: () => checkScanner(deps),
    probeBuckets: async () => ((await circuit.passes()) ? probeBuckets({ ...deps, known }) : 0),
  }
}
