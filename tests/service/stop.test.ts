import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import Sqlite from 'better-sqlite3'
import { Agent, request } from 'node:http'
import { call, createBerth, type Berth } from '../support/berth.ts'
import { startEmbedded, type Embedded } from '../support/embedded.ts'
import { PASS, startFaultProxy, type FaultProxy } from '../support/fault-proxy.ts'
import { until } from '../support/processes.ts'
import { someBytes } from '../support/uploads.ts'
import { bucketConfig, put } from '../support/world.ts'

let berth: Berth
let store: Embedded
let proxy: FaultProxy

beforeEach(async () => {
  store = await startEmbedded({ port: 0, eventsUrl: null })
  proxy = await startFaultProxy(() => store.objects.url)
  berth = await createBerth(bucketConfig(proxy.url), { S3_PUBLIC_ENDPOINT: store.objects.url })
  await berth.start()
})
afterEach(async () => {
  await berth.close()
  await proxy.close()
  await store.close()
})

const BYTES = someBytes(10)
const body = { filename: 'f', contentType: 'application/octet-stream', size: BYTES.length }

type Stored = { state: string; due_at: number | null }

const stored = (id: string): Stored => {
  const database = new Sqlite(berth.databaseFile, { readonly: true })
  const row = database.prepare('select state, due_at from uploads where id = ?').get(id)
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
  database.close()
  return row as Stored
}

describe('the first SIGTERM', () => {
  it('answers the long polls that are waiting, and exits with 0', async () => {
    const { id } = await call(berth, 'POST', '/v1/uploads', body)
    const waiting = call(berth, 'GET', `/v1/uploads/${id}?wait=30`)
    // The poll has begun once the next request on another connection was answered.
    await call(berth, 'GET', '/v1/uploads')
    const stopped = berth.stop()
    expect((await waiting).state).toBe('pending')
    expect(await stopped).toBe(0)
  })

  it('turns /readyz to 503 while everything else is still answered', async () => {
    const stopped = berth.stop()
    await until(
      '/readyz to say so',
      async () => (await fetch(`${berth.url}/readyz`)).status === 503,
    )
    expect((await call(berth, 'POST', '/v1/uploads', body)).state).toBe('pending')
    expect(await stopped).toBe(0)
  })

  it('under load resets no connection of an accepted request, and exits with 0 within 25 s', async () => {
    const results = { answered: 0, broken: [] as string[] }
    const clients = Array.from({ length: 16 }, () => untilSentAway(results))
    await until('load', () => Promise.resolve(results.answered > 200))
    const before = performance.now()
    expect(await berth.stop()).toBe(0)
    const seconds = (performance.now() - before) / 1000
    await Promise.all(clients)
    expect(results.broken).toEqual([])
    expect(seconds).toBeLessThan(25)
    process.stdout.write(
      `SIGTERM under load: ${results.answered} answered, 0 reset, exit 0 after ${seconds.toFixed(1)} s\n`,
    )
  }, 60_000)

  it('hands the lease of a verification back, also while the store is slow to copy', async () => {
    proxy.decide = ({ isCopy }) => (isCopy ? { kind: 'delay', ms: 60_000 } : PASS)
    const { id, slot } = await call(berth, 'POST', '/v1/uploads', body)
    if (slot) expect(await put(slot, BYTES)).toBe(200)
    await call(berth, 'POST', `/v1/uploads/${id}/complete`)
    await until('the copy', () => Promise.resolve(proxy.seen.some(({ isCopy }) => isCopy)))
    const before = performance.now()
    expect(await berth.stop()).toBe(0)
    expect(performance.now() - before).toBeLessThan(25_000)
    const { state, due_at: dueAt } = stored(id)
    expect([state, (dueAt ?? Infinity) <= Date.now()]).toEqual(['received', true])
  }, 60_000)
})

describe('the second signal', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends the process at once and not with 0, the database whole',
    async (signal) => {
      const { id } = await call(berth, 'POST', '/v1/uploads', body)
      const stopped = berth.stop()
      await until('the drain', async () => (await fetch(`${berth.url}/readyz`)).status === 503)
      const before = performance.now()
      process.kill(berth.pid(), signal)
      expect(await stopped).toBe(1)
      expect(performance.now() - before).toBeLessThan(1_000)
      expect(stored(id).state).toBe('pending')
    },
  )
})

/** One request after another on one connection, until its server says that it leaves. */
async function untilSentAway(results: { answered: number; broken: string[] }): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (;;) {
    try {
      const { status, isLast } = await post(agent)
      if (status === 201) results.answered += 1
      else results.broken.push(String(status))
      if (!isLast) continue
      agent.destroy()
      return
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error)
      results.broken.push(code)
      agent.destroy()
      return
    }
  }
}

function post(agent: Agent): Promise<{ status: number; isLast: boolean }> {
  const text = JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const outgoing = request(`${berth.url}/v1/uploads`, {
      agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${berth.key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      },
    })
    outgoing.on('error', reject)
    outgoing.on('response', (answer) => {
      answer.resume()
      const { statusCode: status = 0, headers } = answer
      answer.on('end', () => resolve({ status, isLast: headers.connection === 'close' }))
      answer.on('error', reject)
    })
    outgoing.end(text)
  })
}
