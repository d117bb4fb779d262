/** A Berth, an object store behind an unreliable road, and the page of another origin: what the scenarios are played against. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import { findById } from '../../src/store/uploads.ts'
import { signedHeaders } from '../../src/webhooks/sign.ts'
import { PASS, startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy.ts'
import { listening } from '../support/listening.ts'
import { PARTS_PROFILE, unfinished } from '../support/parts.ts'
import { bucketConfig, createWorld, type World } from '../support/world.ts'
import type { Mishap, Stand } from './scenarios.ts'

export type RunningStand = {
  /** Of the page, and of the stand's own calls. */
  url: string
  baseUrl: string
  key: string
  close: () => Promise<void>
}

/** In parts above this; so both ways are short. */
const THRESHOLD_BYTES = 1024 ** 2
const URLS_LIVE_SECONDS = 900

export async function openStand(): Promise<RunningStand> {
  const calls: { current: Stand | null } = { current: null }
  const page = createServer((req, res) => void answer(calls.current, req, res))
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  const store = { url: '' }
  const road = await startFaultProxy(() => store.url)
  const world = await createWorld({
    profiles: { default: { ...PARTS_PROFILE, multipartThreshold: THRESHOLD_BYTES } },
    http: { corsOrigins: [url] },
    spoil: (bucket) => reachedBy(bucket, road.url),
  })
  store.url = world.objects.url
  const berth = await listening(world)
  calls.current = standOver(world, road)
  return {
    url,
    baseUrl: berth.url,
    key: await world.newKey(),
    close: async () => {
      page.closeAllConnections()
      await Promise.all([new Promise((resolve) => page.close(resolve)), road.close()])
      await berth.close()
      await world.close()
    },
  }
}

/** Clients get other addresses than Berth has itself. */
function reachedBy(bucket: Bucket, publicEndpoint: string): Bucket {
  const { presignPut, presignPart } = createBucket(
    bucketConfig('http://127.0.0.1:1', { publicEndpoint }),
  )
  return { ...bucket, presignPut, presignPart }
}

function standOver(world: World, road: FaultProxy): Stand {
  let armed: { nth: number; mishap: Mishap } | null = null
  let puts = 0
  const meets = (mishap: Mishap): Fault => {
    if (mishap !== 'expire') return { kind: mishap }
    world.clock.advance(URLS_LIVE_SECONDS + 1)
    return PASS
  }
  road.decide = ({ method }) => {
    if (method !== 'PUT') return PASS
    puts += 1
    return armed?.nth === puts ? meets(armed.mishap) : PASS
  }
  return {
    arm: (told) => {
      ;[armed, puts] = [told, 0]
      return Promise.resolve(null)
    },
    puts: () => Promise.resolve(puts),
    left: async ({ id }) => {
      await world.broker.sweepStaging(100)
      const keys = await unfinished(world)
      const { state = '' } = (await findById(world.store, id)) ?? {}
      return { state, unfinished: keys.filter((key) => key.includes(id)).length }
    },
    webhook: () => Promise.resolve(aWebhook()),
  }
}

function aWebhook() {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const body = JSON.stringify({ type: 'upload.ready', timestamp: '', data: { id: 'upl_1' } })
  const headers = signedHeaders({ id: 'evt_upl_1_4', body, secrets: [secret] }, new Date())
  return { body, headers, secret }
}

/** An empty page, and the calls by their names: JSON in, JSON out. */
async function answer(stand: Stand | null, req: IncomingMessage, res: ServerResponse) {
  if (req.method !== 'POST') {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>stand</title>')
    return
  }
  const told = (await json(req)) as never
  const call = stand?.[(req.url ?? '').slice(1) as keyof Stand]
  const result = call ? await call(told) : null
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result))
}
