import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createServer } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack, type Stack } from '../../src/dev/stack.ts'
import { call, untilFinal } from '../support/berth.ts'
import { until } from '../support/processes.ts'

let stack: Stack
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-metrics-'))
  const env = { SWEEP_INTERVAL_SECONDS: '1', PATH: process.env['PATH'] }
  stack = await startStack({ folder, port: await freePairOfPorts(), env })
})
afterAll(async () => {
  await stack.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The stack takes a port and the next one. */
const freePairOfPorts = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

const scrape = async (): Promise<string> => (await fetch(`${stack.url}/metrics`)).text()

/** The value of the one series whose line begins so. */
const valueOf = (text: string, beginning: string): number =>
  Number(
    text
      .split('\n')
      .find((line) => line.startsWith(beginning))
      ?.split(' ')
      .at(-1),
  )

async function upload(bytes: string, contentType: string): Promise<string> {
  const berth = { url: stack.url, key: stack.apiKey }
  const asked = { filename: 'f', contentType, size: bytes.length }
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', asked)
  await fetch(slot?.url ?? '', { method: 'PUT', headers: slot?.headers ?? {}, body: bytes })
  return (await untilFinal(berth, id)).state
}

describe('GET /metrics after a few uploads', () => {
  let text = ''
  beforeAll(async () => {
    expect(await upload('hello, berth', 'text/plain')).toBe('ready')
    expect(await upload('this is no picture', 'image/png')).toBe('rejected')
    await until('the records are measured', async () => {
      text = await scrape()
      return valueOf(text, 'berth_task_last_success_timestamp_seconds{task="watchRecords"}') > 0
    })
  })

  it('counts requests by route pattern, never by path', () => {
    const slots = 'berth_http_request_seconds_count{method="POST",route="/v1/uploads",status="201"}'
    expect(valueOf(text, slots)).toBe(2)
    expect(text).toContain('route="/v1/uploads/:id"')
    expect(text).not.toMatch(/upl_[0-9a-f]{32}/)
  })

  it('measures signing, calls of the store, and verification with its verdicts', () => {
    expect(valueOf(text, 'berth_signing_seconds_count')).toBeGreaterThanOrEqual(2)
    for (const operation of ['head', 'claim', 'read']) {
      const calls = `berth_store_call_seconds_count{operation="${operation}",outcome="ok"}`
      expect(valueOf(text, calls)).toBeGreaterThanOrEqual(2)
    }
    expect(valueOf(text, 'berth_verified_bytes_total')).toBe(30)
    expect(valueOf(text, 'berth_arrival_to_verdict_seconds_count{verdict="ready"}')).toBe(1)
    expect(valueOf(text, 'berth_rejections_total{reason="content-type-mismatch"}')).toBe(1)
  })

  it('says what is under way, when each task last ended well, and which build this is', () => {
    expect(valueOf(text, 'berth_uploads{state="pending"}')).toBe(0)
    expect(valueOf(text, 'berth_uploads_overdue{state="received"}')).toBe(0)
    expect(valueOf(text, 'berth_inbox_events')).toBe(0)
    const last = valueOf(text, 'berth_task_last_success_timestamp_seconds{task="sweepExpired"}')
    expect(Math.abs(Date.now() / 1000 - last)).toBeLessThan(60)
    expect(text).toMatch(/berth_build_info\{version="\d+\.\d+\.\d+",node="v\d+/)
  })
})
