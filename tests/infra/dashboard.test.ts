import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack, type Stack } from '../../src/dev/stack.ts'
import { call, untilFinal } from '../support/berth.ts'
import { freePort, run, until, type Running } from '../support/processes.ts'
import { startReceivers, type Receivers } from '../support/receivers.ts'

type Panel = { type: string; title: string; targets?: { expr: string }[] }

let stack: Stack
let prometheus: Running
let receivers: Receivers
let folder: string
let address: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-dashboard-'))
  const path = process.env['PATH']
  const env = { SWEEP_INTERVAL_SECONDS: '1', WEBHOOK_ALLOW_PRIVATE: 'on', PATH: path }
  stack = await startStack({ folder: join(folder, 'berth'), port: await freePort(), env })
  receivers = await startReceivers()
  const admin = { url: stack.url, key: stack.adminKey }
  await call(admin, 'POST', '/v1/webhooks', { url: receivers.url('ok') })
  const port = await freePort()
  address = `http://127.0.0.1:${port}`
  const target = stack.url.replace('http://', '')
  const scrape = `- { job_name: berth, scrape_interval: 1s, static_configs: [{ targets: ['${target}'] }] }`
  writeFileSync(join(folder, 'prometheus.yaml'), `scrape_configs:\n  ${scrape}\n`)
  prometheus = run(
    'prometheus',
    [
      `--config.file=${folder}/prometheus.yaml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    process.env,
  )
  await until(`Prometheus: ${prometheus.output()}`, async () => {
    await upload()
    const [slots, webhooks] = [
      await ask('rate(berth_http_request_seconds_count{status="201"}[1m]) > 0'),
      await ask('rate(berth_webhook_attempts_total[1m]) > 0'),
    ]
    return slots.length > 0 && webhooks.length > 0
  })
}, 120_000)
afterAll(async () => {
  await prometheus.end()
  await stack.close()
  await receivers.close()
  rmSync(folder, { recursive: true, force: true })
})

async function upload(): Promise<void> {
  const berth = { url: stack.url, key: stack.apiKey }
  const asked = { filename: 'f', contentType: 'text/plain', size: 5 }
  const { id, slot } = await call(berth, 'POST', '/v1/uploads', asked)
  await fetch(slot?.url ?? '', { method: 'PUT', headers: slot?.headers ?? {}, body: 'hello' })
  await untilFinal(berth, id)
}

async function ask(query: string): Promise<unknown[]> {
  const answer = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query }).toString()}`)
  const { status, error, data } = (await answer.json()) as {
    status: string
    error?: string
    data?: { result: unknown[] }
  }
  if (status !== 'success') throw new Error(`${query}: ${error ?? ''}`)
  return data?.result ?? []
}

const { panels } = JSON.parse(readFileSync('infra/grafana/berth.json', 'utf8')) as {
  panels: Panel[]
}
const queriesOf = ({ targets = [] }: Panel): string[] =>
  targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m'))

/** Needs something to have gone wrong, or a day of history. */
const WITHOUT_DATA = /offset 1d|berth_rejections_total/

describe('the dashboard, over a Prometheus that has scraped a real run', () => {
  const queries = panels.flatMap((panel) =>
    queriesOf(panel).map((query) => [panel.title, query] as const),
  )
  it.each(queries)('%s: %s', async (_title, query) => {
    const found = await ask(query)
    if (!WITHOUT_DATA.test(query)) expect(found).not.toEqual([])
  })
})
