/** What the state machine's property test acts on: real records, real bytes, and a client's memory. */

import { join } from 'node:path'
import type { Broker } from '../../src/broker/broker.ts'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { Slot } from '../../src/bucket/slots.ts'
import { accountsFor } from '../../src/dev/accounts.ts'
import { startObjectStore } from '../../src/dev/object-store/object-store.ts'
import { Problem } from '../../src/problems.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import type { Upload, UploadState } from '../../src/upload/upload.ts'
import { Crashed, createFuse, type Fuse } from './fuse.ts'
import { requestFor, sha256Of, someBytes } from './uploads.ts'
import {
  BUCKET,
  bucketConfig,
  createClock,
  createTestBroker,
  eventFor,
  put,
  SECRETS,
  verifyAllDue,
} from './world.ts'

type Client = { upload: Upload; slot: Slot | null; bytes: Buffer }

export type Model = {
  /** Unguarded, for looking. */
  store: () => Store
  bucket: Bucket
  /** What has been seen so far, for "never changes again". */
  seen: { states: Map<string, UploadState>; objects: Map<string, string> }
  issue: (size: number, declared: boolean) => Promise<void>
  put: (nth: number, which: 'promised' | 'other') => Promise<void>
  event: (nth: number, times: number) => Promise<void>
  tick: (seconds: number) => Promise<void>
  crash: (afterCalls: number) => Promise<void>
  restart: () => Promise<void>
  cancel: (nth: number) => Promise<void>
  complete: (nth: number) => Promise<void>
  /** Restarts, and lets the clock run until nothing is due any more. */
  settle: () => Promise<void>
  close: () => Promise<void>
}

const TENANT = 't'
const BATCH = 1000

/** @param isStrict false: the store enforces neither checksum nor single use. */
export async function createModel(
  folder: string,
  isStrict: boolean,
  databaseUrl = `file:${join(folder, 'berth.db')}`,
): Promise<Model> {
  const clock = createClock()
  const objects = await startObjectStore({
    folder: join(folder, 'objects'),
    region: 'us-east-1',
    accounts: accountsFor(SECRETS),
    buckets: [BUCKET],
    port: 0,
    events: null,
    protections: { checksum: isStrict, singleUse: isStrict },
    now: clock.now,
  })
  const bucket = createBucket(bucketConfig(objects.url))
  const clients: Client[] = []
  let seed = 0

  type Process = { fuse: Fuse; store: Store; broker: Broker }
  const boot = async (): Promise<Process> => {
    const fuse = createFuse()
    const store = openStore(databaseUrl)
    await store.migrate()
    const broker = createTestBroker({
      store: fuse.guardStore(store),
      bucket: fuse.guardBucket(bucket),
      clock,
      profiles: { default: {} },
    })
    return { fuse, store, broker }
  }
  let process = await boot()

  const restart = async (): Promise<void> => {
    await process.store.close()
    process = await boot()
  }
  /** Refusals and crashes are part of the game; anything else is a failure of the test. */
  const attempt = async (act: (broker: Broker) => Promise<unknown>): Promise<void> => {
    if (process.fuse.isBlown()) await restart()
    await act(process.broker).catch((error: unknown) => {
      if (!(error instanceof Problem) && !(error instanceof Crashed)) throw error
    })
  }
  const tick = async (seconds: number): Promise<void> => {
    clock.advance(seconds)
    await attempt((broker) => broker.drainInbox(BATCH))
    await attempt((broker) => broker.sweepLooks(BATCH))
    await attempt((broker) => broker.sweepLeases(BATCH))
    await attempt(verifyAllDue)
    await attempt((broker) => broker.sweepStaging(BATCH))
    await attempt((broker) => broker.sweepClaims(BATCH))
    await attempt((broker) => broker.sweepOrphans())
  }
  const withClient = async (nth: number, act: (client: Client) => Promise<void>): Promise<void> => {
    const client = clients[nth % Math.max(1, clients.length)]
    if (client) await act(client)
  }

  return {
    store: () => process.store,
    bucket,
    seen: { states: new Map(), objects: new Map() },
    issue: (size, declared) =>
      attempt(async (broker) => {
        seed += 1
        const bytes = someBytes(size, seed)
        const request = requestFor(bytes, { sha256: declared ? sha256Of(bytes) : null })
        clients.push({ ...(await broker.issueSlot(TENANT, request)), bytes })
      }),
    put: (nth, which) =>
      withClient(nth, async ({ slot, bytes }) => {
        seed += 1
        await put(slot, which === 'promised' ? bytes : someBytes(bytes.length, seed))
      }),
    event: (nth, times) =>
      withClient(nth, async ({ upload }) => {
        for (let sent = 0; sent < times; sent += 1) {
          const event = { source: 's3', body: eventFor(upload, sent) } as const
          await attempt((broker) => broker.receiveEvent(event))
        }
        await attempt((broker) => broker.drainInbox(BATCH))
      }),
    tick,
    crash: (afterCalls) => {
      process.fuse.light(afterCalls)
      return Promise.resolve()
    },
    restart,
    cancel: (nth) =>
      withClient(nth, ({ upload }) => attempt((broker) => broker.cancelUpload(TENANT, upload.id))),
    complete: (nth) =>
      withClient(nth, ({ upload }) =>
        attempt((broker) => broker.completeUpload(TENANT, upload.id)),
      ),
    settle: async () => {
      await restart()
      for (const seconds of [3000, 3000, 100, 100, 100, 100]) await tick(seconds)
    },
    close: async () => {
      await process.store.close()
      await objects.close()
    },
  }
}
