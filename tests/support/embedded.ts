/** The embedded store for tests with a Berth process of its own, and what was asked of it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import { accountsFor } from '../../src/dev/accounts.ts'
import { startObjectStore, type ObjectStore } from '../../src/dev/object-store/object-store.ts'
import type { Called, Protections } from '../../src/dev/object-store/types.ts'
import { BUCKET, bucketConfig, EVENTS_TOKEN, SECRETS } from './world.ts'

export type Embedded = {
  objects: ObjectStore
  config: BucketConfig
  bucket: Bucket
  called: Called[]
  close: () => Promise<void>
}

export type EmbeddedOptions = {
  port: number
  /** Where events go; null: nowhere. */
  eventsUrl: string | null
  protections?: Partial<Protections>
}

export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-embedded-'))
  const called: Called[] = []
  const { eventsUrl } = options
  const objects = await startObjectStore({
    folder,
    region: 'us-east-1',
    accounts: accountsFor(SECRETS),
    buckets: [BUCKET],
    port: options.port,
    events:
      eventsUrl === null ? null : { url: eventsUrl, token: EVENTS_TOKEN, keysWith: 'staging/' },
    protections: options.protections ?? {},
    onCall: (call) => called.push(call),
  })
  const config = bucketConfig(objects.url)
  const close = async (): Promise<void> => {
    await objects.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { objects, config, bucket: createBucket(config), called, close }
}

/** Every item, `width` at a time. */
export async function inTurns<T>(
  items: Iterable<T>,
  width: number,
  run: (item: T) => Promise<void>,
) {
  const left = items[Symbol.iterator]()
  const worker = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await run(next.value)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
