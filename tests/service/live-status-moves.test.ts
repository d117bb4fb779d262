/** A reader of live status whose node is killed goes on with another one. */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { readEvents, type Told } from '../support/event-reader.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { put } from '../support/world.ts'

const BYTES = someBytes(2_000)
const BODY = { filename: 'f', contentType: 'application/octet-stream', size: BYTES.length }

let postgres: Postgres
let store: Embedded
let staying: Berth
let dying: Berth
beforeAll(async () => {
  postgres = await startPostgres()
  store = await startEmbedded({ port: 0, eventsUrl: null })
  const DATABASE_URL = await postgres.newDatabase()
  staying = await createBerth(store.config, { DATABASE_URL })
  // Only tells: what the other node does is what its readers hear of.
  dying = await createBerth(store.config, { DATABASE_URL, RUN_JOBS: 'off' })
  await staying.start()
}, 60_000)
afterAll(async () => {
  await dying.close()
  await staying.close()
  await store.close()
  await postgres.close()
})

/** Follows to the end as a browser does: on each new connection it names what it saw last. */
async function followOn(nodes: Berth[], id: string, seen: Told[]): Promise<void> {
  for (let nth = 0; ; nth += 1) {
    const { url, key } = nodes[Math.min(nth, nodes.length - 1)] as Berth
    const lastEventId = seen.at(-1)?.id
    const reader = await readEvents({ url, key, id, ...(lastEventId && { lastEventId }) })
    const before = seen.length
    let isOver = false
    void reader.ended.then(() => (isOver = true))
    await until('the end of a connection', () => {
      const wasOver = isOver
      seen.splice(before, Infinity, ...reader.told)
      return Promise.resolve(wasOver)
    })
    if (reader.status === 204 || /ready|rejected/.test(seen.at(-1)?.event ?? '')) return
  }
}

const told = (count: number, seen: Told[]) =>
  until(`${count} events`, () => Promise.resolve(seen.length >= count))

describe('a reader whose node is killed', () => {
  it.each([
    ['before anything has changed', 1],
    ['after the first changes', 2],
  ])(
    'goes on with another node, without a gap and without hearing anything twice: %s',
    async (_when, heard) => {
      await dying.start()
      const { id, slot } = await call(staying, 'POST', '/v1/uploads', BODY)
      if (!slot) throw new Error('no slot')
      const seen: Told[] = []
      const following = followOn([dying, staying], id, seen)
      await told(1, seen)
      await put(slot, BYTES)
      if (heard === 1) await dying.kill()
      await call(staying, 'POST', `/v1/uploads/${id}/complete`)
      await told(heard, seen)
      await dying.kill()
      await following
      expect(seen.map(({ id, event }) => [id, event])).toEqual([
        ['1', 'upload.pending'],
        ['2', 'upload.received'],
        ['3', 'upload.verifying'],
        ['4', 'upload.ready'],
      ])
    },
    60_000,
  )
})
