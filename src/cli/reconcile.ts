/** `berth reconcile [--json]`: what differs between bucket and records, one line each. */

import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { reconcile as compare, type Difference } from '../broker/reconcile.ts'
import { createBucket } from '../bucket/bucket.ts'
import type { Config } from '../config.ts'
import { loadProfiles } from '../profiles.ts'
import type { Store } from '../store/store.ts'
import { printLines } from './print-lines.ts'
import { withStore } from './with-store.ts'

type Places = Pick<Config, 'database' | 'bucket' | 'profilesFile'>

/** @returns how many differences there are. */
export async function reconcile(config: Places, args: string[], to: Writable): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
  const format = values.json ? JSON.stringify : inWords
  const profiles = loadProfiles(config.profilesFile)
  const bucket = createBucket(config.bucket)
  let count = 0
  async function* lines(store: Store): AsyncGenerator<string> {
    for await (const difference of compare({ store, bucket, profiles })) {
      count += 1
      yield format(difference)
    }
  }
  await withStore(config.database, (store) => printLines(lines(store), to))
  return count
}

function inWords({ kind, uploadId, bucket, key, recorded, found }: Difference): string {
  const place = `s3://${bucket}/${key}`
  switch (kind) {
    case 'unnamed':
      return `unnamed: ${place}: ${found ?? 0} bytes that no record names`
    case 'lost':
      return `lost: ${place}: ${uploadId ?? ''} is ready, and its ${recorded ?? 0} bytes are gone`
    case 'wrong-size':
      return `wrong-size: ${place}: ${uploadId ?? ''} has ${recorded ?? 0} bytes, found ${found ?? 0}`
  }
}
