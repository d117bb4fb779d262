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

export function createBroker(deps: BrokerDeps) {
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
    checkHealth: () => checkHealth(deps),
    // For the clock:
    drainInbox: (batch: number) => drainInbox(deps, batch),
    nextVerifications: (limit: number) => nextVerifications(deps, limit),
    verifyUpload: (upload: Upload, stop: AbortSignal) => verifyUpload(deps, upload, stop),
    sweepLooks: (budget: number) => sweepLooks(deps, budget),
    sweepLeases: (batch: number) => sweepLeases(deps, batch),
    sweepStaging: (batch: number) => sweepStaging(deps, batch),
    sweepClaims: (batch: number) => sweepClaims(deps, batch),
    sweepProbes: (batch: number) => sweepProbes(deps, batch),
    sweepInbox: (batch: number) => sweepInbox(deps, batch),
    sweepOrphans: () => sweepOrphans(deps),
    removeOrphans: (batch: number) => removeOrphans(deps, batch),
    sweepRetention: (batch: number) => sweepRetention(deps, batch),
    watchEvents: () => watchEvents(deps),
    checkScanner: () => checkScanner(deps),
    probeBuckets: () => probeBuckets({ ...deps, known }),
  }
}
