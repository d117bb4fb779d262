/** What a client, a neighbour or a crash may do to an upload in parts, on two nodes and any object store. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { BucketConfig } from '../../src/bucket/config.ts'
import { storageUnavailable } from '../../src/problems.ts'
import type { UploadState } from '../../src/upload/upload.ts'
import { lookForArrivals, pieceOf, THREE_PARTS } from '../support/parts.ts'
import { createStage, issueVictim, type Stage, type Victim } from '../support/parts-stage.ts'
import { breakOff, send } from '../support/raw-put.ts'
import { sha256Of, someBytes } from '../support/uploads.ts'

export type RunningStore = { config: BucketConfig; close: () => Promise<void> }

type Attack = (victim: Victim, stage: Stage) => Promise<unknown>

/** Its name says what the client does; `ends`: what the upload may become, once everything rests. */
type Row = [name: string, ends: UploadState[], attack: Attack]

/** A storm of parts may be a hundred megabytes. */
const PATIENCE_MS = 120_000

const ALL = [1, 2, 3]
const OTHER = someBytes(THREE_PARTS.length, 5)
const PLAN = { size: 8 * 1024 ** 2 }

const slugOf = (answer: { body: { type?: string } }) => answer.body.type?.replace('/problems/', '')

/** @returns status, and the problem if there is one. */
async function complete({ path }: Victim, { nodes }: Stage, on: 0 | 1 = 0) {
  const answer = await nodes[on].api.post(`${path}/complete`)
  return [answer.status, slugOf(answer)]
}
const TAKEN = [202, undefined]
/** Of a multipart upload that is no more; 0, as a store may close the connection on a body that it refuses. */
const REFUSED = [404, 0]

const withdraw = ({ path }: Victim, { nodes }: Stage, on: 0 | 1 = 0) => nodes[on].api.delete(path)

const expireAll = async ({ nodes, clock }: Stage): Promise<void> => {
  clock.advance(100_000)
  await lookForArrivals(nodes[1].broker)
}

const FEWER: Row[] = [
  [
    'sends all parts and reports one of them',
    ['ready'],
    async (victim, { nodes }) => {
      await victim.put(ALL)
      const reported = { parts: [{ partNumber: 1, etag: '"0"' }] }
      const answer = await nodes[0].api.post(`${victim.path}/complete`, reported)
      expect([answer.status, slugOf(answer)]).toEqual([422, 'validation-failed'])
    },
  ],
  ...ALL.map<Row>((missing) => [
    `says that it is done without part ${missing}`,
    ['expired'],
    async (victim, stage) => {
      await victim.put(ALL.filter((part) => part !== missing))
      expect(await complete(victim, stage)).toEqual([409, 'parts-incomplete'])
      expect(await complete(victim, stage, 1)).toEqual([409, 'parts-incomplete'])
    },
  ]),
  [
    'says that it is done before it has begun',
    ['expired'],
    async (victim, stage) => {
      expect(await complete(victim, stage)).toEqual([409, 'object-not-found-yet'])
      await victim.urlOf(1)
      expect(await complete(victim, stage)).toEqual([409, 'object-not-found-yet'])
    },
  ],
  ['sends all parts and vanishes', ['ready'], (victim) => victim.put(ALL)],
  ['sends parts out of order', ['ready'], (victim) => victim.put([3, 1, 2])],
  [
    'begins on two nodes at once',
    ['ready'],
    async (victim, stage) => {
      const urls = await Promise.all(
        ALL.map((part) => victim.urlOf(part, stage.nodes[part % 2 === 0 ? 0 : 1].api)),
      )
      for (const [index, url] of urls.entries()) {
        expect(await victim.putInto(url, index + 1)).toBe(200)
      }
      expect(await complete(victim, stage)).toEqual(TAKEN)
    },
  ],
]

const WRONG: Row[] = [
  [
    'sends parts of another length than they have',
    ['expired'],
    async (victim, stage) => {
      await victim.put([1, 2])
      const url = await victim.urlOf(3)
      for (const [body, change] of [
        [someBytes(16), {}],
        [someBytes(18), {}],
        [Buffer.alloc(0), {}],
        [someBytes(17), { 'transfer-encoding': 'chunked' }],
      ] as const) {
        const status = await send(url, body, change)
        expect([status, status >= 400 && status < 500]).toEqual([status, true])
      }
      expect(await complete(victim, stage)).toEqual([409, 'parts-incomplete'])
    },
  ],
  [
    'breaks a part off',
    ['expired'],
    async (victim, stage) => {
      await victim.put([1, 2])
      await breakOff({ ...(await victim.urlOf(3)), expiresAt: new Date() }, someBytes(17))
      expect(await complete(victim, stage)).toEqual([409, 'parts-incomplete'])
    },
  ],
  [
    'turns a URL into one of another part, or of another upload',
    ['expired'],
    async (victim, stage) => {
      const neighbour = await issueVictim(stage, false)
      await neighbour.put(ALL, OTHER)
      await victim.put([1, 2])
      const [own, theirs] = [await victim.urlOf(3), await neighbour.urlOf(3)]
      const assemblyIn = ({ url }: { url: string }) => new URL(url).searchParams.get('uploadId')
      const idIn = (url: typeof own): string => encodeURIComponent(assemblyIn(url) ?? '')
      for (const url of [
        own.url.replace('partNumber=3', 'partNumber=2'),
        own.url.replace(idIn(own), idIn(theirs)),
        own.url.replace(victim.location.key, neighbour.location.key),
        own.url
          .replace(victim.location.key, neighbour.location.key)
          .replace(idIn(own), idIn(theirs)),
      ]) {
        const status = await send({ ...own, url }, someBytes(17, 3))
        expect([status, status >= 400 && status < 500]).toEqual([status, true])
      }
      expect(await complete(victim, stage)).toEqual([409, 'parts-incomplete'])
      expect(await complete(neighbour, stage)).toEqual(TAKEN)
      await stage.rest()
      expect((await servedBytes(neighbour, stage)).equals(OTHER)).toBe(true)
    },
  ],
  [
    'sends again into a URL that is still alive, when the upload is ready',
    ['ready'],
    async (victim, stage) => {
      const late = await victim.urlOf(1)
      await victim.put(ALL)
      expect(await complete(victim, stage)).toEqual(TAKEN)
      expect(REFUSED).toContain(await victim.putInto(late, 1, pieceOf(OTHER, PLAN, 1)))
      await stage.nodes[0].broker.sweepStaging(100)
      expect(REFUSED).toContain(await victim.putInto(late, 1, pieceOf(OTHER, PLAN, 1)))
    },
  ],
]

/** One row, with and without the SHA-256 declared. */
const REPLACED: Row[] = [
  [
    'replaces a part after Berth has read the list',
    ['ready', 'rejected'],
    async (victim, stage) => {
      await victim.put(ALL)
      stage.mischief.before = async (nth) => (nth === 1 ? victim.put([1], OTHER) : [])
      expect(await complete(victim, stage)).toEqual(TAKEN)
    },
  ],
  [
    'replaces a part each time that Berth completes',
    ['ready', 'rejected'],
    async (victim, stage) => {
      await victim.put(ALL)
      stage.mischief.before = (nth) => victim.put([1], nth % 2 === 0 ? THREE_PARTS : OTHER)
      expect(await complete(victim, stage)).toEqual([503, 'storage-unavailable'])
      stage.mischief.before = () => Promise.resolve()
    },
  ],
  [
    'sends every part again while the completion is under way',
    ['ready', 'rejected'],
    async (victim, stage) => {
      await victim.put(ALL)
      const urls = await Promise.all(ALL.map((part) => victim.urlOf(part)))
      const storm: Promise<number>[] = []
      stage.mischief.before = () => {
        for (const [index, url] of urls.entries()) {
          storm.push(victim.putInto(url, index + 1, pieceOf(OTHER, PLAN, index + 1)))
        }
        return Promise.resolve()
      }
      await Promise.all([complete(victim, stage), complete(victim, stage, 1)])
      stage.mischief.before = () => Promise.resolve()
      await Promise.all(storm)
    },
  ],
]

const REPEATED: Row[] = [
  [
    'completes on two nodes at once, three times each',
    ['ready'],
    async (victim, stage) => {
      await victim.put(ALL)
      const nodes = [0, 1, 0, 1, 0, 1] as const
      const answers = await Promise.all(nodes.map((on) => complete(victim, stage, on)))
      expect(answers).toEqual(nodes.map(() => TAKEN))
    },
  ],
  [
    'completes again in every state that comes after',
    ['ready'],
    async (victim, stage) => {
      await victim.put(ALL)
      for (const on of [0, 1, 1] as const) expect(await complete(victim, stage, on)).toEqual(TAKEN)
      await stage.rest()
      expect(await complete(victim, stage, 1)).toEqual(TAKEN)
    },
  ],
  ...(['before', 'after'] as const).map<Row>((when) => [
    `repeats what a node died of, just ${when} the store had completed it`,
    ['ready'],
    async (victim, stage) => {
      await victim.put(ALL)
      stage.mischief[when] = () => Promise.reject(storageUnavailable(new Error('died')))
      expect(await complete(victim, stage)).toEqual([503, 'storage-unavailable'])
      stage.mischief[when] = () => Promise.resolve()
      expect(await complete(victim, stage, 1)).toEqual(TAKEN)
    },
  ]),
]

const ENDED: Row[] = [
  [
    'completes what it has withdrawn, and sends more',
    ['canceled'],
    async (victim, stage) => {
      await victim.put(ALL)
      const late = await victim.urlOf(2)
      expect((await withdraw(victim, stage)).status).toBe(200)
      expect(await complete(victim, stage, 1)).toEqual([409, 'illegal-state'])
      await stage.nodes[0].broker.sweepStaging(100)
      expect(REFUSED).toContain(await victim.putInto(late, 2, pieceOf(OTHER, PLAN, 2)))
      expect(await complete(victim, stage)).toEqual([409, 'illegal-state'])
    },
  ],
  ...(['before', 'after'] as const).map<Row>((when) => [
    `withdraws it on another node, just ${when} the store completes it`,
    ['canceled'],
    async (victim, stage) => {
      await victim.put(ALL)
      stage.mischief[when] = async (nth) => {
        if (nth > 1) return
        await withdraw(victim, stage, 1)
        await stage.nodes[1].broker.sweepStaging(100)
      }
      await complete(victim, stage)
    },
  ]),
  [
    'completes after the expiry',
    ['expired'],
    async (victim, stage) => {
      await victim.put([1, 3])
      const late = await victim.urlOf(2)
      await expireAll(stage)
      await victim.putInto(late, 2)
      expect(await complete(victim, stage)).toEqual([410, 'upload-expired'])
    },
  ],
  [
    'sends its last part and completes while two nodes expire it',
    ['ready', 'expired'],
    async (victim, stage) => {
      await victim.put([1, 2])
      const late = await victim.urlOf(3)
      await Promise.all([
        victim.putInto(late, 3),
        complete(victim, stage),
        expireAll(stage),
        lookForArrivals(stage.nodes[0].broker),
        complete(victim, stage, 1),
      ])
    },
  ],
  [
    'has its parts ended behind the back of Berth, and sends them again',
    ['ready'],
    async (victim, stage) => {
      await victim.put(ALL)
      await stage.bucket.abortAssemblies(victim.location)
      expect(await complete(victim, stage)).toEqual([409, 'object-not-found-yet'])
      expect(await victim.put(ALL)).toEqual([200, 200, 200])
      expect(await complete(victim, stage, 1)).toEqual(TAKEN)
    },
  ],
  [
    'has its parts ended while Berth completes, and vanishes',
    ['expired'],
    async (victim, stage) => {
      await victim.put(ALL)
      stage.mischief.before = () => stage.bucket.abortAssemblies(victim.location)
      expect(await complete(victim, stage)).toEqual([503, 'storage-unavailable'])
    },
  ],
]

export function describePartsAdversary(name: string, start: () => Promise<RunningStore>): void {
  describe(`an upload in parts on ${name}, whose client`, () => {
    let store: RunningStore
    let stage: Stage
    beforeAll(async () => {
      store = await start()
    })
    beforeEach(async () => {
      stage = await createStage(store.config)
    })
    afterEach(() => stage.close())
    afterAll(() => store.close())

    const run = async ([, ends, attack]: Row, isDeclared: boolean): Promise<void> => {
      const victim = await issueVictim(stage, isDeclared)
      await attack(victim, stage)
      await stage.rest()
      const state = (await stage.record(victim.id))?.state
      expect(ends).toContain(state)
      if (state === 'ready') await expectHonest(victim, stage)
      await expectNothingLeft(victim, stage, state === 'ready' ? 1 : 0)
    }

    const undeclared = [...FEWER, ...WRONG, ...REPEATED, ...ENDED, ...REPLACED]
    it.each(undeclared)('%s', (...row) => run(row, false), PATIENCE_MS)
    const declared = '%s, and has declared the SHA-256'
    it.each(REPLACED)(declared, (...row) => run(row, true), PATIENCE_MS)
  })
}

async function servedBytes({ id }: Victim, stage: Stage): Promise<Buffer> {
  const upload = await stage.record(id)
  expect(upload?.state).toBe('ready')
  const sealed = { bucket: upload?.bucket ?? '', key: upload?.sealedKey ?? '' }
  const stream = await stage.bucket.read(sealed, new AbortController().signal)
  return Buffer.concat(((await stream?.body.toArray()) ?? []) as Buffer[])
}

/** Not cut short, and each part wholly one that its client sent; exactly the declared bytes, if any were. */
async function expectHonest(victim: Victim, stage: Stage): Promise<void> {
  const upload = await stage.record(victim.id)
  const served = await servedBytes(victim, stage)
  expect(served.length).toBe(THREE_PARTS.length)
  expect(upload?.object).toMatchObject({ size: served.length, sha256: sha256Of(served) })
  for (const part of ALL) {
    const piece = pieceOf(served, PLAN, part)
    expect((victim.sent.get(part) ?? []).some((body) => body.equals(piece))).toBe(true)
  }
  if (upload?.declared.sha256) expect(served.equals(THREE_PARTS)).toBe(true)
}

/** Neither parts nor a staging object, and of sealed copies the one that is served. */
async function expectNothingLeft(victim: Victim, { bucket }: Stage, sealed: number): Promise<void> {
  const { location, id } = victim
  const left: string[] = []
  // By its very key, as MinIO lists what is unfinished no other way.
  for await (const { assembly } of bucket.listAssemblies(location.bucket, location.key)) {
    left.push(assembly)
  }
  expect(left).toEqual([])
  expect(await bucket.head(location)).toBeNull()
  const objects: string[] = []
  for await (const { key } of bucket.list(location.bucket, `objects/${id}/`)) objects.push(key)
  expect(objects).toHaveLength(sealed)
}
