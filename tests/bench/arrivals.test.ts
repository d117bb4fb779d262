import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createBerth, type Berth } from '../support/berth.ts'
import { freePort } from '../support/processes.ts'
import { EVENTS_TOKEN } from '../support/world.ts'
import { bucketConfigFor, startMinio, type RealStore } from '../stores/servers.ts'
import { sendUploads } from './arrivals.ts'
import { PEERS } from './contenders.ts'
import { quantile } from './open-loop.ts'
import { aimedAt, atMost, record, spread } from './record.ts'
import { withoutQuota } from './without-quota.ts'

const BYTES = 64 * 1024
const WIDTH = 32
const UPLOADS = 1_500
const ROUNDS = 3
const PER_SECOND = 50
const SECONDS = 20

const quota = withoutQuota()
let store: RealStore
let berth: Berth

beforeAll(async () => {
  const port = await freePort()
  berth = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`), quota.env)
  await berth.start()
  const url = `${berth.url}/events/s3`
  store = await startMinio({ url, token: EVENTS_TOKEN, queue: false }, port)
}, 60_000)
afterAll(async () => {
  await berth.close()
  await store.close()
  quota.remove()
})

it('a file is ready soon after it has arrived', async () => {
  const spec = { bytes: BYTES, uploads: PER_SECOND * SECONDS, perSecond: PER_SECOND }
  await sendUploads(berth, { ...spec, uploads: PER_SECOND * 5 })
  const called = await storeCalls()
  const { waits } = await sendUploads(berth, spec)
  const calls = ((await storeCalls()) - called) / spec.uploads
  const [p50, p99] = [quantile(waits, 0.5), quantile(waits, 0.99)]
  record('arrival', { perSecond: PER_SECOND, bytes: BYTES, p50Ms: p50, p99Ms: p99, calls }, [
    atMost(`arrival to ready at ${PER_SECOND}/s, p50, ms`, p50, 250),
    atMost(`arrival to ready at ${PER_SECOND}/s, p99, ms`, p99, 2_000),
    // The staging object goes later, in one call more.
    atMost('calls of the store by Berth per upload', calls + 1, 4),
  ])
  expect(waits).toHaveLength(spec.uploads)
}, 120_000)

it('whole uploads go as fast as the same calls of the store do', async () => {
  const [ours, floor]: [number[], number[]] = [[], []]
  await sendUploads(berth, { bytes: BYTES, uploads: UPLOADS, width: WIDTH })
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(
      (await sendUploads(berth, { bytes: BYTES, uploads: UPLOADS, width: WIDTH })).perSecond,
    )
    floor.push(await bareCalls(UPLOADS))
  }
  const share = quantile(ours, 0.5) / quantile(floor, 0.5)
  record(
    'uploads',
    { bytes: BYTES, width: WIDTH, berth: spread(ours), floor: spread(floor), share },
    [aimedAt('whole uploads, of the same S3 calls by the SDK alone', share, 0.8)],
  )
  expect(ours).toHaveLength(ROUNDS)
}, 300_000)

async function bareCalls(uploads: number): Promise<number> {
  const { keeper, name, region } = store.config
  const client = { endpoint: store.url, region, credentials: keeper, forcePathStyle: true }
  const spec = JSON.stringify({ client, bucket: name, bytes: BYTES, uploads, width: WIDTH })
  const { stdout } = await promisify(execFile)(process.execPath, [join(PEERS, 'floor.mjs'), spec])
  return (JSON.parse(stdout) as { perSecond: number }).perSecond
}

/** About uploads: lists and probes of the whole bucket are few, however many uploads there are. */
async function storeCalls(): Promise<number> {
  const text = await (await fetch(`${berth.url}/metrics`)).text()
  const calls = text.matchAll(
    /^berth_store_call_seconds_count\{operation="(?:head|claim|read|delete)".*\} (\d+)/gm,
  )
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0)
}
