/** Two Berths over one database and one object store that runs already, and an upload in parts between them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApiKey, SCOPES } from '../../src/broker/api-keys.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { createBucket, type Bucket } from '../../src/bucket/bucket.ts'
import type { BucketConfig, Location } from '../../src/bucket/config.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { findById } from '../../src/store/uploads.ts'
import { apiOf, slotBody, type Api } from './api.ts'
import { PARTS_PROFILE, pieceOf, THREE_PARTS, lookForArrivals } from './parts.ts'
import { send } from './raw-put.ts'
import { overheard } from './spoken.ts'
import { sha256Of } from './uploads.ts'
import { createClock, createTestApp, createTestBroker, verifyAllDue, type Clock } from './world.ts'

type Node = { broker: Broker; api: Api }

export type Stage = {
  nodes: [Node, Node]
  /** The store itself, whatever Berth is made to see of it. */
  bucket: Bucket
  clock: Clock
  /** What happens around every completion that any node asks of the store; told which it is, from 1. */
  mischief: { before: (nth: number) => Promise<unknown>; after: (nth: number) => Promise<unknown> }
  record: (id: string) => ReturnType<typeof findById>
  /** Everything that the clock and the workers do, until nothing can land any more. */
  rest: () => Promise<void>
  close: () => Promise<void>
}

export async function createStage(config: BucketConfig): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'berth-stage-'))
  const [clock, bucket] = [createClock(), createBucket(config)]
  const nothing = (): Promise<void> => Promise.resolve()
  const mischief: Stage['mischief'] = { before: nothing, after: nothing }
  const stores = [1, 2].map(() => openStore(`file:${join(folder, 'berth.db')}`))
  const [first, second] = stores as [Store, Store]
  await first.migrate()
  const terms = { tenant: 't', scopes: SCOPES, expiresAt: null }
  const key = await createApiKey({ store: first, now: clock.now }, terms)
  const spoiled = withMischief(bucket, mischief)
  const node = (store: Store): Node => {
    const profiles = { default: PARTS_PROFILE }
    const broker = createTestBroker({ store, bucket: spoiled, clock, profiles })
    return { broker, api: apiOf({ app: overheard(createTestApp(broker)) }, key) }
  }
  const nodes: [Node, Node] = [node(first), node(second)]
  return {
    nodes,
    bucket,
    clock,
    mischief,
    record: (id) => findById(first, id),
    rest: () => untilAllRests(nodes, clock),
    close: async () => {
      await Promise.all(stores.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    },
  }
}

function withMischief(bucket: Bucket, mischief: Stage['mischief']): Bucket {
  let nth = 0
  return {
    ...bucket,
    completeAssembly: async (location, completion) => {
      nth += 1
      const own = nth
      await mischief.before(own)
      const completed = await bucket.completeAssembly(location, completion)
      await mischief.after(own)
      return completed
    },
  }
}

/** As after the last URL's expiry, then as long after it as anything may take. */
const MOMENTS_SECONDS = [0, 901, 100_000, 100_000]

async function untilAllRests(nodes: readonly Node[], clock: Clock): Promise<void> {
  for (const seconds of MOMENTS_SECONDS) {
    clock.advance(seconds)
    for (const { broker } of nodes) {
      await lookForArrivals(broker)
      await verifyAllDue(broker)
      await broker.sweepStaging(100)
      await broker.sweepClaims(100)
    }
  }
}

type Url = { method: 'PUT'; url: string; headers: Record<string, string> }

/** An upload of `THREE_PARTS`, as its client holds it. */
export type Victim = {
  id: string
  path: string
  location: Location
  /** All bodies that the store may hold of a part, by its number. */
  sent: Map<number, Buffer[]>
  urlOf: (part: number, from?: Api) => Promise<Url>
  /** Into a URL that was given out before. @returns the store's status, 0 when the connection broke. */
  putInto: (url: Url, part: number, body?: Buffer) => Promise<number>
  /** Each into a fresh URL, one after the other. @returns the store's statuses. */
  put: (parts: readonly number[], bytes?: Buffer) => Promise<number[]>
}

export async function issueVictim(stage: Stage, isDeclared: boolean): Promise<Victim> {
  const { api } = stage.nodes[0]
  const sha256 = isDeclared ? sha256Of(THREE_PARTS) : null
  const asked = { ...slotBody, size: THREE_PARTS.length, sha256 }
  const { id, parts } = (await api.post('/v1/uploads', asked)).body
  const path = `/v1/uploads/${id}`
  const { bucket, stagingKey: key } = (await stage.record(id)) ?? { bucket: '', stagingKey: '' }
  const sent: Victim['sent'] = new Map()

  const urlOf: Victim['urlOf'] = async (part, from = api) => {
    const answer = await from.post(`${path}/parts`, { partNumbers: [part] })
    return (answer.body.parts as [Url])[0]
  }
  const putInto: Victim['putInto'] = async (
    url,
    part,
    body = pieceOf(THREE_PARTS, parts, part),
  ) => {
    const status = await send(url, body).catch(() => 0)
    if (status < 400) sent.set(part, [...(sent.get(part) ?? []), body])
    return status
  }
  const put: Victim['put'] = async (numbers, bytes = THREE_PARTS) => {
    const statuses: number[] = []
    for (const part of numbers) {
      statuses.push(await putInto(await urlOf(part), part, pieceOf(bytes, parts, part)))
    }
    return statuses
  }
  return { id, path, location: { bucket, key }, sent, urlOf, putInto, put }
}
