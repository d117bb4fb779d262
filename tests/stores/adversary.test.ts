import { afterEach, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { call, createBerth, untilFinal, type Berth, type Shown } from '../support/berth.ts'
import { inTurns } from '../support/embedded.ts'
import { freePort, patiently } from '../support/processes.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'
import { BUCKET, download, EVENTS_TOKEN, put } from '../support/world.ts'
import { bucketConfigFor, startMinio, startVersitygw, type RealStore } from './servers.ts'

const UPLOADS = 300
const COLLISIONS = 30
/** How long the attack goes on after the last upload is ready. */
const AFTERWARDS_MS = Number(process.env['ADVERSARY_SECONDS'] ?? 60) * 1000
const SIZE = 4_096

const collision = ['a', 'b'].map((half) => readFileSync(`tests/fixtures/md5-collision-${half}.bin`))
const PADDING = someBytes(SIZE - 128)
const HALVES = collision.map((half) => Buffer.concat([half, PADDING]))
const BODIES = Array.from({ length: 40 }, (_, seed) => someBytes(SIZE, seed))

let berth: Berth | null = null
let store: RealStore | null = null
afterEach(async () => {
  await store?.close()
  await berth?.close()
  // Of tens of thousands of versions.
}, 120_000)

type Victim = { id: string; stagingKey: string; bodies: Buffer[]; ended: Shown | null }

/** Unconditional PUTs with the strongest credential there is: no slot, no single use, at full speed. */
async function attack(raw: S3Client, victims: Victim[], stop: AbortSignal): Promise<number> {
  let overwrites = 0
  for (let round = 0; !stop.aborted; round += 1) {
    await new Promise(setImmediate)
    await inTurns([...victims], 32, async ({ stagingKey, bodies }) => {
      if (stop.aborted) return
      const Body = bodies[round % bodies.length] ?? PADDING
      const smuggled = { CacheControl: 'max-age=9', ContentEncoding: 'br', Tagging: 'stolen=yes' }
      const at = { Bucket: BUCKET, Key: stagingKey, ContentType: 'application/octet-stream' }
      await raw.send(new PutObjectCommand({ ...at, Body, ...smuggled }))
      overwrites += 1
    })
  }
  return overwrites
}

async function checkServed(running: Berth, { id, ended }: Victim): Promise<void> {
  type Download = { url: string }
  const path = `/v1/uploads/${id}/download`
  const { url } = await patiently(() => call<Download>(running, 'GET', path))
  const { bytes } = await patiently(() => download(url))
  expect(sha256Of(bytes)).toBe(ended?.object?.sha256)
}

describe.each([
  ['MinIO', startMinio],
  ['versitygw', startVersitygw],
])('an attacker who overwrites every staging object on %s', (name, start) => {
  it('never changes what is served, never gets an MD5 twin served for the other, and smuggles nothing in', async () => {
    const port = await freePort()
    const running = await createBerth(bucketConfigFor(`http://127.0.0.1:${port}`))
    berth = running
    await running.start()
    const webhook = { url: `${running.url}/events/s3`, token: EVENTS_TOKEN, queue: false }
    store = await start(webhook, port)
    const raw = new S3Client({
      endpoint: store.url,
      region: 'us-east-1',
      credentials: store.config.keeper ?? { accessKeyId: '', secretAccessKey: '' },
      forcePathStyle: true,
    })
    expect(new Set(HALVES.map((half) => createHash('md5').update(half).digest('hex'))).size).toBe(1)

    const victims: Victim[] = []
    const stop = new AbortController()
    const attacking = attack(raw, victims, stop.signal)
    await inTurns(Array.from({ length: UPLOADS }).keys(), 8, async (nth) => {
      const body = { filename: 'f', contentType: 'application/octet-stream', size: SIZE }
      const { id, slot } = await patiently(() => call(running, 'POST', '/v1/uploads', body))
      const stagingKey = new URL(slot?.url ?? '').pathname.replace(`/${BUCKET}/`, '')
      const bodies = nth < COLLISIONS ? HALVES : BODIES
      // The attack on this key begins before its own PUT, and so before its event.
      victims.push({ id, stagingKey, bodies, ended: null })
      if (slot) await put(slot, bodies[0] ?? PADDING)
    })
    await inTurns(victims, 50, async (victim) => {
      // The storm of events may fill the backlog: a client then tries again, as clients do.
      victim.ended = await patiently(() => untilFinal(running, victim.id))
    })
    const ready = victims.filter(({ ended }) => ended?.state === 'ready')
    const until = Date.now() + AFTERWARDS_MS
    while (Date.now() < until) {
      await inTurns(ready.slice(0, 100), 4, (victim) => checkServed(running, victim))
    }
    stop.abort()
    const overwrites = await attacking

    let twins = 0
    await inTurns(ready, 8, async (victim) => {
      await checkServed(running, victim)
      const at = { Bucket: BUCKET, Key: victim.ended?.object?.key ?? '' }
      const head = await raw.send(new HeadObjectCommand(at))
      expect([head.CacheControl, head.ContentEncoding]).toEqual([undefined, undefined])
      const tags = await raw.send(new GetObjectTaggingCommand(at)).catch(() => ({ TagSet: [] }))
      expect(tags.TagSet ?? []).toEqual([])
      const known = victim.bodies.map(sha256Of)
      expect(known).toContain(victim.ended?.object?.sha256)
      if (victim.bodies === HALVES) twins += 1
    })
    const unstable = victims.length - ready.length
    for (const { ended } of victims) {
      if (ended?.state !== 'ready') expect(ended?.rejection?.reason).toBe('unstable-source')
    }
    process.stdout.write(
      `${name}: ${overwrites} overwrites; ${ready.length} ready (${twins} with MD5 twins), ${unstable} unstable-source, 0 exceptions\n`,
    )
    expect(ready.length).toBeGreaterThan(UPLOADS / 2)
  }, 300_000)
})
