import { afterAll, beforeAll, expect, it } from '@jest/globals'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { startMinio, type RealStore } from '../stores/servers.ts'
import { someBytes } from '../support/uploads.ts'
import { BUCKET } from '../support/world.ts'
import { atLeast, atMost, record } from './record.ts'
import { quietDisk } from './quiet-disk.ts'
import { residentMebibytes } from './resident.ts'

const GIB = 1024 ** 3
const ROUNDS = 6
const CHUNK = someBytes(1024 ** 2)

let store: RealStore
let berth: Berth
let folder: string
let raw: S3Client

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-bench-'))
  const profiles = join(folder, 'profiles.json')
  writeFileSync(
    profiles,
    JSON.stringify({ profiles: { default: { maxSize: '2GiB', multipartThreshold: '2GiB' } } }),
  )
  store = await startMinio(null)
  berth = await createBerth(store.config, { BERTH_PROFILES: profiles })
  await berth.start()
  raw = new S3Client({
    endpoint: store.url,
    region: 'us-east-1',
    credentials: store.config.keeper ?? { accessKeyId: '', secretAccessKey: '' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
})
afterAll(async () => {
  await berth.close()
  await store.close()
  rmSync(folder, { recursive: true })
})

it('verifies 1 GiB at the speed of a bare copy, GET and SHA-256, in flat memory', async () => {
  const [floor, ours, grown]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    await quietDisk()
    const issued = await upload()
    // Each goes first in every other round: a disk is not the same after a gigabyte.
    const isFloorFirst = round % 2 === 0
    if (isFloorFirst) floor.push(await bare(issued))
    const before = residentMebibytes(berth.pid())
    const { seconds, most } = await verify(issued.id)
    ours.push(seconds)
    grown.push(most - before)
    if (!isFloorFirst) floor.push(await bare(issued))
    // Not before both are timed: a gigabyte that is deleted keeps the disk busy for seconds.
    await raw.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'bare' }))
  }
  // Of the same object, one right after the other: between rounds the disk differs more than we do.
  const share = median(floor.map((bare, round) => bare / (ours[round] ?? NaN)))
  const found = { bytes: GIB, bareSeconds: floor, readySeconds: ours, share, grownMiB: grown }
  record('verification', found, [
    atLeast('verification of 1 GiB, of the speed of bare copy + GET + SHA-256', share, 0.8),
    atMost('memory grown by it, MiB', Math.max(...grown), 64),
  ])
  expect(ours).toHaveLength(ROUNDS)
}, 800_000)

async function upload(): Promise<Shown> {
  const body = { filename: 'f', contentType: 'application/octet-stream', size: GIB }
  const issued = await call(berth, 'POST', '/v1/uploads', body)
  const { url = '', headers = {} } = issued.slot ?? {}
  await new Promise<void>((resolve, reject) => {
    const outgoing = request(url, { method: 'PUT', headers: { ...headers, 'content-length': GIB } })
    outgoing.on('response', (answer) => {
      answer.resume()
      if (answer.statusCode === 200) resolve()
      else reject(new Error(`PUT answered ${answer.statusCode}`))
    })
    outgoing.on('error', reject)
    const send = (left: number): void => {
      if (left === 0) outgoing.end()
      else if (outgoing.write(CHUNK)) setImmediate(send, left - 1)
      else outgoing.once('drain', () => send(left - 1))
    }
    send(GIB / CHUNK.length)
  })
  return issued
}

async function verify(id: string): Promise<{ seconds: number; most: number }> {
  execFileSync('sync')
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, residentMebibytes(berth.pid()))), 200)
  // Or Berth has looked by itself, and what is timed here is not the verification.
  expect((await call(berth, 'GET', `/v1/uploads/${id}`)).state).toBe('pending')
  const before = performance.now()
  await call(berth, 'POST', `/v1/uploads/${id}/complete`)
  expect((await untilFinal(berth, id)).state).toBe('ready')
  clearInterval(watch)
  return { seconds: (performance.now() - before) / 1000, most }
}

/** The same three steps on the same object, by the SDK alone; what the disk still had to write is not theirs. */
async function bare({ slot }: Shown): Promise<number> {
  const source = new URL(slot?.url ?? '').pathname.slice(1)
  execFileSync('sync')
  const before = performance.now()
  await raw.send(new CopyObjectCommand({ Bucket: BUCKET, Key: 'bare', CopySource: source }))
  const { Body } = await raw.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'bare' }))
  const hash = createHash('sha256')
  for await (const chunk of Body as Readable) hash.update(chunk as Buffer)
  hash.digest()
  return (performance.now() - before) / 1000
}

/** Of an even count: the mean of the middle two. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((x, y) => x - y)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}
