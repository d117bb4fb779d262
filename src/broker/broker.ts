/** All stories with their dependencies bound: what the ways in (HTTP, clock, command line) call. */

import { awaitUpload, type Wait } from './await-upload.ts'
import { callerStories } from './caller-stories.ts'
import { cancelUpload, type CancelLimits } from './cancel-upload.ts'
import type { BrokerDeps } from './broker-deps.ts'
import { checkHealth } from './check-health.ts'
import { clockStories } from './clock-stories.ts'
import { completeUpload } from './complete-upload.ts'
import { consoleStories } from './console-stories.ts'
import { downloadUpload } from './download-upload.ts'
import { followUpload, type Following } from './follow-upload.ts'
import { guardBucket } from './guard-bucket.ts'
import { issueSlot, type SlotRequest } from './issue-slot.ts'
import { listParts } from './list-parts.ts'
import { listPage, type ListFilter } from './list-uploads.ts'
import { guaranteesFor, type KnownGuarantees } from './probe-buckets.ts'
import { issueReceipt, receiptKeySet } from './receipts.ts'
import { receiveEvent, type RawEvent } from './receive-event.ts'
import { createRecent } from './recent.ts'
import { renewSlot } from './renew-slot.ts'
import { signParts } from './sign-parts.ts'
import { uploadHistory } from './upload-history.ts'
import { createStorageCircuit } from './watch-storage.ts'
import { createWebhookStories } from './webhook-stories.ts'
import type { Upload } from '../upload/upload.ts'

// 64 bytes each: under a mebibyte.
const STORED_EVENTS = 10_000

export type { BrokerDeps }

export type Broker = ReturnType<typeof createBroker>

export function createBroker(given: BrokerDeps) {
  const circuit = createStorageCircuit(given)
  const deps = { ...given, bucket: guardBucket(given.bucket, circuit), looks: new Map() }
  const storedEvents = createRecent(STORED_EVENTS)
  const known: KnownGuarantees = new Map()
  return {
    ...clockStories({ ...deps, circuit, known }),
    ...callerStories(deps),
    issueSlot: (tenant: string, request: SlotRequest) => issueSlot(deps, tenant, request),
    renewSlot: (tenant: string, id: string) => renewSlot(deps, tenant, id),
    signParts: (tenant: string, id: string, numbers: readonly number[]) =>
      signParts(deps, tenant, id, numbers),
    listParts: (tenant: string, id: string) => listParts(deps, tenant, id),
    awaitUpload: (tenant: string, id: string, wait: Wait) => awaitUpload(deps, tenant, id, wait),
    followUpload: (tenant: string, id: string, following: Following) =>
      followUpload(deps, tenant, id, following),
    listPage: (tenant: string, filter: ListFilter, limit: number) =>
      listPage(deps, tenant, filter, limit),
    completeUpload: (tenant: string, id: string) => completeUpload(deps, tenant, id),
    cancelUpload: (tenant: string, id: string, limits?: CancelLimits) =>
      cancelUpload(deps, tenant, id, limits),
    downloadUpload: (tenant: string, id: string, expiresIn: number | null) =>
      downloadUpload(deps, tenant, id, expiresIn),
    uploadHistory: (tenant: string, id: string) => uploadHistory(deps, tenant, id),
    guaranteesFor: (upload: Upload) => guaranteesFor(known, upload),
    issueReceipt: (tenant: string, id: string) => issueReceipt(deps, tenant, id),
    receiptKeySet: () => receiptKeySet(deps.receiptKeys),
    receiveEvent: (event: RawEvent) => receiveEvent({ ...deps, storedEvents }, event),
    checkHealth: () => checkHealth({ ...deps, circuit }),
    ...createWebhookStories(deps),
    ...consoleStories(deps),
  }
}
