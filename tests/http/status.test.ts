import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import express, { type Response } from 'express'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import request from 'supertest'
import { createEventStreams } from '../../src/http/event-streams.ts'
import { apiOf, slotBody, type Api } from '../support/api.ts'
import { readEvents, type Reader } from '../support/event-reader.ts'
import { listening, type Listening } from '../support/listening.ts'
import { until } from '../support/processes.ts'
import { createTwoNodes } from '../support/two-nodes.ts'
import { someBytes } from '../support/uploads.ts'
import { createWorld, put, type World } from '../support/world.ts'

const MOST = 3
const CALLER = { tenant: 'tenant-a', keyId: 'k', scopes: [], token: null }

let world: World
let berth: Listening
let key: string
let api: Api
beforeAll(async () => {
  world = await createWorld({ http: { eventStreams: MOST } })
  berth = await listening(world)
  key = await world.newKey()
  api = apiOf(world, key)
})
afterAll(async () => {
  await berth.close()
  await world.close()
})

const issue = async (of = api) => (await of.post('/v1/uploads', slotBody)).body

const follow = (id: string, lastEventId?: string): Promise<Reader> =>
  readEvents({ url: berth.url, key, id, ...(lastEventId !== undefined && { lastEventId }) })

const told = (count: number, { told }: Reader) =>
  until(`${count} events`, () => Promise.resolve(told.length >= count))

describe('GET /v1/uploads/{id}/events', () => {
  it('begins with the record as it is, tells every change in order, and ends when it is over', async () => {
    const { id, slot } = await issue()
    const reader = await follow(id)
    await told(1, reader)
    await put(slot, someBytes(64))
    await api.post(`/v1/uploads/${id}/complete`)
    await reader.ended
    expect(reader.told.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'upload.pending'],
      ['2', 'upload.received'],
      ['3', 'upload.verifying'],
      ['4', 'upload.ready'],
    ])
    const { data } = reader.told[3] ?? {}
    expect(data).toEqual((await api.get(`/v1/uploads/${id}`)).body)
    expect(reader.told.map(({ data }) => [data['version'], data['state'], data['slot']])).toEqual([
      [1, 'pending', null],
      [2, 'received', null],
      [3, 'verifying', null],
      [4, 'ready', null],
    ])
    expect(reader.told.slice(0, 3).every(({ data }) => data['object'] === null)).toBe(true)
  })

  it('goes on after Last-Event-ID, and tells nothing twice', async () => {
    const { id, slot } = await issue()
    await put(slot, someBytes(64))
    await api.post(`/v1/uploads/${id}/complete`)
    await api.get(`/v1/uploads/${id}?wait=20`)
    const reader = await follow(id, '2')
    await reader.ended
    expect(reader.told.map(({ event }) => event)).toEqual(['upload.verifying', 'upload.ready'])
  })

  it('says nothing at first to a reader who has seen it all, until there is news', async () => {
    const { id } = await issue()
    const reader = await follow(id, '1')
    expect([reader.status, reader.told]).toEqual([200, []])
    await api.delete(`/v1/uploads/${id}`)
    await reader.ended
    expect(reader.told.map(({ id, event }) => [id, event])).toEqual([['2', 'upload.canceled']])
  })

  it('answers 204 to a reader who has seen the end, so that a browser does not come again', async () => {
    const { id } = await issue()
    await api.delete(`/v1/uploads/${id}`)
    expect((await follow(id, '2')).status).toBe(204)
  })

  it('begins anew for a Last-Event-ID that is none of its own', async () => {
    const { id } = await issue()
    for (const lastEventId of ['7', 'x', '-1', '']) {
      const reader = await follow(id, lastEventId)
      await told(1, reader)
      expect(reader.told[0]?.id).toBe('1')
      reader.leave()
      await reader.ended
    }
  })

  it('does not tell the key of an object that has been deleted', async () => {
    const { id, slot } = await issue()
    await put(slot, someBytes(64))
    await api.post(`/v1/uploads/${id}/complete`)
    await api.get(`/v1/uploads/${id}?wait=20`)
    await api.delete(`/v1/uploads/${id}`)
    const reader = await follow(id, '1')
    await reader.ended
    expect(reader.told.map(({ event }) => event).slice(-2)).toEqual([
      'upload.ready',
      'upload.deleted',
    ])
    expect(reader.told.at(-2)?.data).toMatchObject({ object: { key: null } })
  })

  it('is for the own tenant, for keys that may read, and for the token that made the upload', async () => {
    const { id } = await issue()
    const terms = { profile: 'default', maxUploads: 1 }
    const token = (await api.post('/v1/tokens', terms)).body.token as string
    const own = await issue(apiOf(world, token))
    const asked = async (bearer: string, target: string) => {
      const reader = await readEvents({ url: berth.url, key: bearer, id: target })
      reader.leave()
      await reader.ended
      return reader.status
    }
    expect(await asked(token, own.id)).toBe(200)
    expect(await asked(token, id)).toBe(404)
    expect(await asked(await world.newKey('tenant-b'), id)).toBe(404)
    expect(await asked(await world.newKey('tenant-a', ['uploads:write']), id)).toBe(403)
    expect(await asked('berth_no_key', id)).toBe(401)
    expect(await asked(key, 'upl_nonsense')).toBe(404)
  })

  it('answers HEAD at once, and refuses a query', async () => {
    const { id } = await issue()
    const head = await request(world.app)
      .head(`/v1/uploads/${id}/events`)
      .set('authorization', `Bearer ${key}`)
    expect([head.status, head.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ])
    expect((await api.get(`/v1/uploads/${id}/events?x=1`)).status).toBe(422)
  })

  it('holds so many streams and no more, and takes the next when one has left', async () => {
    const { id } = await issue()
    const other = await world.newKey()
    const byTurns = (nth: number) =>
      readEvents({ url: berth.url, key: nth % 2 === 0 ? key : other, id })
    const readers = await Promise.all(Array.from({ length: MOST }, (_, nth) => byTurns(nth)))
    const refused = await api.get(`/v1/uploads/${id}/events`)
    expect([refused.status, refused.body.type]).toEqual([503, '/problems/too-many-streams'])
    expect(refused.headers['retry-after']).toBe('2')
    readers[0]?.leave()
    await until('a place', async () => {
      const reader = await follow(id)
      reader.leave()
      return reader.status === 200
    })
    readers.forEach((reader) => reader.leave())
    await Promise.all(readers.map(({ ended }) => ended))
  })

  it('leaves half of the streams to others, whatever one key opens', async () => {
    const { id } = await issue()
    const readers = await Promise.all([follow(id), follow(id)])
    const refused = await api.get(`/v1/uploads/${id}/events`)
    expect([refused.status, refused.body.detail]).toEqual([
      503,
      '2 streams of this key or token are open',
    ])
    const other = await readEvents({ url: berth.url, key: await world.newKey(), id })
    expect(other.status).toBe(200)
    for (const reader of [...readers, other]) {
      reader.leave()
      await reader.ended
    }
  })

  it('forgets readers who have hung up before their first event', async () => {
    const { id } = await issue()
    const { hostname, port } = new URL(berth.url)
    const head = `GET /v1/uploads/${id}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`
    for (let nth = 0; nth < 10 * MOST; nth += 1) {
      const socket = connect(Number(port), hostname)
      await new Promise<void>((resolve) => socket.write(head, () => resolve()))
      socket.destroy()
    }
    await until('a place for each', async () => {
      const readers = await Promise.all([follow(id), follow(id)])
      readers.forEach((reader) => reader.leave())
      return readers.every(({ status }) => status === 200)
    })
  })

  it('tells from every version on exactly what came after it', async () => {
    const { id, slot } = await issue()
    await put(slot, someBytes(64))
    await api.post(`/v1/uploads/${id}/complete`)
    await api.get(`/v1/uploads/${id}?wait=20`)
    for (const seen of [1, 2, 3]) {
      const reader = await follow(id, String(seen))
      await reader.ended
      expect(reader.told.map(({ id }) => Number(id))).toEqual([2, 3, 4].filter((v) => v > seen))
    }
  })
})

describe('on two nodes', () => {
  it('a change on one is told on the other within half a second', async () => {
    const { nodes, close } = await createTwoNodes()
    const [here, there] = nodes
    const bearer = await here.newKey()
    const server = await listening({ app: there.app, work: () => Promise.resolve() })
    const late: number[] = []
    for (let nth = 0; nth < 10; nth += 1) {
      const { id } = (await apiOf(here, bearer).post('/v1/uploads', slotBody)).body
      const reader = await readEvents({ url: server.url, key: bearer, id })
      await told(1, reader)
      const at = performance.now()
      await apiOf(here, bearer).delete(`/v1/uploads/${id}`)
      await reader.ended
      late.push(performance.now() - at)
      expect(reader.told.map(({ event }) => event)).toEqual(['upload.pending', 'upload.canceled'])
    }
    process.stdout.write(`told on another node after ${Math.max(...late).toFixed(0)} ms at most\n`)
    expect(Math.max(...late)).toBeLessThan(500)
    await server.close()
    await close()
  })
})

describe('the streams of a node', () => {
  const serve = async (
    stopping: AbortSignal,
    heartbeatMs: number,
    open: (res: Response) => void = () => undefined,
  ) => {
    const streams = createEventStreams(10, stopping, heartbeatMs)
    const app = express()
    app.get('/v1/uploads/:id/events', (_req, res) => {
      streams.open(res, CALLER).addEventListener('abort', () => res.end())
      open(res)
    })
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }

  it('have a heartbeat, and end when the node stops, which then takes no more of them', async () => {
    const stopping = new AbortController()
    const { server, url } = await serve(stopping.signal, 20)
    const readers = await Promise.all(['a', 'b'].map((id) => readEvents({ url, key: 'k', id })))
    await until('heartbeats', () => Promise.resolve(readers.every(({ beats }) => beats() >= 3)))
    stopping.abort()
    await Promise.all(readers.map(({ ended }) => ended))
    expect((await readEvents({ url, key: 'k', id: 'c' })).status).toBe(500)
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  })

  it('are closed under readers who read nothing, before what waits for them grows', async () => {
    let largest = 0
    let isClosed = false
    const stopping = new AbortController()
    const { server, url } = await serve(stopping.signal, 20, (res) => {
      // Much more, and faster, than uploads ever change: until the connection holds no more of it.
      const event = `data: ${'x'.repeat(64 * 1024)}\n\n`
      const timer = setInterval(() => {
        res.write(event)
        largest = Math.max(largest, res.writableLength)
      }, 1)
      res.on('close', () => {
        isClosed = true
        clearInterval(timer)
      })
    })
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.pause().on('error', () => undefined)
    socket.write('GET /v1/uploads/a/events HTTP/1.1\r\nhost: x\r\n\r\n')
    await until('the end of it', () => Promise.resolve(isClosed))
    expect(largest).toBeLessThan(8 * 1024 ** 2)
    socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
